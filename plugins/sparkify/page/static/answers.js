/** Something that keeps a part of the page from being shown, with what to do about it. */
export class Problem extends Error {
  constructor(message, remedy) {
    super(message);
    this.remedy = remedy;
  }
}

const BY_STATUS = {
  401: ["Your login has ended.", "Log in to Airflow again."],
  403: ["You may not read the DAG sparkify_etl.", "Ask whoever runs Airflow for that right."],
};

/** Ask the page's own address for data; throws a Problem if there is none. `signal` gives the question up. */
export async function ask(path, signal) {
  let answer;
  try {
    answer = await fetch(path, { headers: { accept: "application/json" }, signal });
  } catch {
    throw new Problem("Airflow does not answer.", "See that its api-server is running, then refresh.");
  }
  if (answer.ok) return answer.json();
  const said = await answer.json().catch(() => ({}));
  if (said.problem) throw new Problem(said.problem.message, said.problem.remedy);
  const [message, remedy] = BY_STATUS[answer.status]
    ?? [`Airflow answered ${answer.status}.`, "Look at the log of its api-server."];
  throw new Problem(message, remedy);
}
