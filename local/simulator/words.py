"""The small word lists that names, titles and places are made of, and the rules that combine them."""

from __future__ import annotations

from local.simulator.chance import Draws


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


WOMEN = _words(
    "Ada Adele Amara Anouk Astrid Bea Carmen Chloe Clara Daria Delia Edith Elif Enid Esme Fern Freya Greta Hana Hazel "
    "Ines Iris Ivy Joan June Kaia Lena Lina Mabel Maeve Mina Nadia Nell Nora Olive Opal Petra Rosa Ruth Sanna Selma "
    "Signe Tess Thea Una Vera Willa Yara Zelda"
)
MEN = _words(
    "Abel Amos Anton Arlo Asher Bruno Caleb Cyrus Dario Edgar Elias Emil Ezra Felix Fritz Hugo Idris Igor Ivan Jonas "
    "Jude Kofi Lars Leif Luca Marek Milo Nils Noel Omar Oscar Otis Pablo Perry Quinn Ralf Remy Rufus Sami Silas Sven "
    "Tariq Theo Timur Tobias Uwe Victor Wes Yusuf Zane"
)
FAMILIES = _words(
    "Abbott Adeyemi Alder Archer Bakker Banks Barlow Becker Blythe Bowen Calder Carver Castillo Conway Dalton Dietz "
    "Drake Eklund Ellery Farrow Finch Fischer Garland Gough Grady Hale Hansen Harlow Hurst Ibarra Ives Jansen Joyce "
    "Kaplan Keane Kimura Lacey Larsen Lowell Maddox Mercer Moreau Nagy Nash Novak Oakley Okafor Osborne Paine Pavlov "
    "Pruitt Quist Rahman Ramsey Reyes Rowe Sadler Santos Shaw Sorensen Talbot Teague Tran Ulrich Vance Vega Walsh "
    "Weber Whitlock Winter Yates Yilmaz Zeller Zhou"
)

_ADJECTIVES = _words(
    "Amber Bitter Blue Borrowed Brazen Broken Burning Careless Cold Crooked Crystal Distant Dusty Electric Empty "
    "Endless Faded Feral Frozen Gentle Golden Hollow Honest Idle Lonely Lucky Midnight Molten Neon Northern Paper "
    "Quiet Restless Rusty Savage Secret Silver Sleepless Slow Southern Stolen Sudden Tender Velvet Violet Wandering "
    "Wicked Wild Wooden Young"
)
_NOUNS = _words(
    "Anchor Arrow Avenue Balcony Bridge Candle Canyon Carousel Cathedral Comet Compass Corner Desert Diamond Echo "
    "Engine Ember Ferry Fever Fountain Garden Harbor Hurricane Island Junction Kingdom Ladder Lantern Letter "
    "Lighthouse Machine Marble Meadow Mirror Mountain Needle Orchard Parade Pilot Pocket Prairie Radio Raven River "
    "Satellite Saturday Season Shadow Signal Skyline Sparrow Station Stranger Summer Telephone Thunder Tiger Tunnel "
    "Valley Weather Whisper Window Winter"
)
_FOREIGN = _words("Corazón Niño Fräulein Forêt Mañana Smørrebrød Šípek Été Señor Ünal Ångström Øyen Liberté Åska")
_DOINGS = _words("Calling Chasing Counting Dancing Dreaming Driving Falling Fighting Forgetting Leaving Loving Missing")
_FIELDS = _words("Brass Choir Collective Ensemble Orchestra Project Quartet Sound Trio Union")
_VERSIONS = (
    " (Album Version)",
    " (Live)",
    " (LP Version)",
    " (Radio Edit)",
    " (Remastered)",
    " [Acoustic]",
    " [Live at the Old Mill]",
    ' (From "The Long Way Round")',
    " - Instrumental",
    " / Reprise",
    " Pt. 2",
    " (Explicit)",
)

# Metropolitan and micropolitan areas as the United States Census Bureau writes them.
LOCATIONS = (
    "Akron, OH",
    "Albany-Schenectady-Troy, NY",
    "Albuquerque, NM",
    "Allentown-Bethlehem-Easton, PA-NJ",
    "Ames, IA",
    "Anchorage, AK",
    "Asheville, NC",
    "Austin-Round Rock, TX",
    "Bangor, ME",
    "Baton Rouge, LA",
    "Bend-Redmond, OR",
    "Boise City, ID",
    "Boston-Cambridge-Newton, MA-NH",
    "Boulder, CO",
    "Burlington-South Burlington, VT",
    "Charleston-North Charleston, SC",
    "Charlotte-Concord-Gastonia, NC-SC",
    "Chicago-Naperville-Elgin, IL-IN-WI",
    "Cincinnati, OH-KY-IN",
    "Colorado Springs, CO",
    "Davenport-Moline-Rock Island, IA-IL",
    "Denver-Aurora-Lakewood, CO",
    "Duluth, MN-WI",
    "El Paso, TX",
    "Fargo, ND-MN",
    "Flagstaff, AZ",
    "Fresno, CA",
    "Grand Rapids-Wyoming, MI",
    "Honolulu, HI",
    "Jackson, MS",
    "Kansas City, MO-KS",
    "Knoxville, TN",
    "Lafayette, LA",
    "Lexington-Fayette, KY",
    "Los Angeles-Long Beach-Anaheim, CA",
    "Louisville/Jefferson County, KY-IN",
    "Madison, WI",
    "Memphis, TN-MS-AR",
    "Missoula, MT",
    "New York-Newark-Jersey City, NY-NJ-PA",
    "Omaha-Council Bluffs, NE-IA",
    "Pittsburgh, PA",
    "Providence-Warwick, RI-MA",
    "Reno, NV",
    "Rochester, NY",
    "Santa Fe, NM",
    "Savannah, GA",
    "Spokane-Spokane Valley, WA",
    "Tucson, AZ",
    "Virginia Beach-Norfolk-Newport News, VA-NC",
)

# Where an artist is from, with the centre's latitude and longitude in degrees.
ORIGINS = (
    ("Lisbon, Portugal", 38.72225, -9.13934),
    ("Oslo", 59.91387, 10.75225),
    ("Montreal, Quebec, Canada", 45.50169, -73.56726),
    ("Leeds, England", 53.80076, -1.54908),
    ("Austin, TX", 30.26715, -97.74306),
    ("Málaga", 36.72127, -4.42140),
    ("Lagos, Nigeria", 6.52438, 3.37921),
    ("Kyoto JP", 35.01156, 135.76814),
    ("Portland, OR", 45.51523, -122.67838),
    ("San José, Costa Rica", 9.92807, -84.09072),
    ("Melbourne", -37.81363, 144.96306),
    ("Brooklyn, NY [Red Hook]", 40.67818, -73.94416),
    ("Köln", 50.93753, 6.96028),
    ("Tulsa, OK.", 36.15398, -95.99277),
    ("Belo Horizonte, MG", -19.91668, -43.93449),
    ("Iceland", 64.96305, -19.02084),
)


def title(draws: Draws) -> str:
    """Return a song's title; short enough a vocabulary that several artists come to share one."""
    form = draws.below(10)
    noun = _word(_NOUNS, draws)
    if form < 4:
        text = f"{_word(_ADJECTIVES, draws)} {noun}"
    elif form < 6:
        text = f"{draws.pick(_DOINGS)} The {noun}"
    elif form < 8:
        text = f"{noun} Of {_word(_NOUNS, draws)}"
    elif form < 9:
        text = noun
    else:
        text = f"Don't {draws.pick(('Wake', 'Tell', 'Leave', 'Paint'))} The {noun}"
    return text + draws.pick(_VERSIONS) if draws.chance(0.15) else text


def artist(draws: Draws) -> str:
    """Return an artist's name: a person, a band or, seldom, several of them."""
    name = _act(draws)
    if draws.chance(0.06):
        return f"{name}{draws.pick((' feat. ', ' Featuring ', '/', ';', ' & '))}{_act(draws)}"
    return name


def _word(words: tuple[str, ...], draws: Draws) -> str:
    """Return one of `words`; one in fifty comes from another language, and beyond ASCII."""
    return draws.pick(_FOREIGN if draws.chance(0.02) else words)


def _act(draws: Draws) -> str:
    form = draws.below(10)
    if form < 4:
        return f"{draws.pick(MEN if draws.chance(0.5) else WOMEN)} {draws.pick(FAMILIES)}"
    if form < 6:
        return f"The {_word(_ADJECTIVES, draws)} {_word(_NOUNS, draws)}s"
    if form < 8:
        return f"{_word(_ADJECTIVES, draws)} {_word(_NOUNS, draws)}"
    if form < 9:
        return f"{_word(_NOUNS, draws)} {draws.pick(_FIELDS)}"
    return f"DJ {_word(_NOUNS, draws)} + The {_word(_ADJECTIVES, draws)} {draws.pick(_FIELDS)}"


def user_agent(draws: Draws) -> str:
    """Return a browser's user agent of 2014; as in the sample, all but Firefox's and Internet Explorer's are quoted."""
    windows = f"Windows NT {draws.pick(('5.1', '6.1; WOW64', '6.1', '6.2; WOW64', '6.3; WOW64'))}"
    browser = draws.below(10)
    if browser < 5:
        machine = draws.pick((windows, windows, "Macintosh; Intel Mac OS X 10_9_4", "X11; Linux x86_64"))
        version = draws.pick(("35.0.1916.153", "36.0.1985.125", "36.0.1985.143", "37.0.2062.94", "37.0.2062.103"))
        return f'"Mozilla/5.0 ({machine}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version} Safari/537.36"'
    if browser < 7:
        system, kit, version = draws.pick(
            (("10_9_4", "537.77.4", "7.0.5"), ("10_9_3", "537.75.14", "7.0.3"), ("10_10", "538.46", "8.0"))
        )
        return (
            f'"Mozilla/5.0 (Macintosh; Intel Mac OS X {system}) AppleWebKit/{kit} (KHTML, like Gecko) '
            f'Version/{version} Safari/{kit}"'
        )
    if browser < 8:
        return (
            f'"Mozilla/5.0 (iPhone; CPU iPhone OS 7_1_{1 + draws.below(2)} like Mac OS X) AppleWebKit/537.51.2 '
            '(KHTML, like Gecko) Version/7.0 Mobile/11D257 Safari/9537.53"'
        )
    if browser < 9:
        version = draws.pick(("30.0", "31.0", "32.0"))
        machine = draws.pick((windows, "Macintosh; Intel Mac OS X 10.9", "X11; Linux x86_64"))
        return f"Mozilla/5.0 ({machine}; rv:{version}) Gecko/20100101 Firefox/{version}"
    return f"Mozilla/5.0 ({windows}; Trident/7.0; rv:11.0) like Gecko"
