"""The DAGs as a Mermaid flow chart, from their own objects: tasks, order, sources, and who waits for which tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow.sdk import DAG, Asset
    from airflow.sdk.types import Operator


def draw(dags: Sequence[DAG]) -> str:
    """Return the chart's text.

    A solid arrow is an order of tasks, a dotted one a run that asset events start. Assets that no task makes are drawn
    as what they are, sources; of the tables that nobody in these DAGs takes up, the last ones, one node says how many.
    """
    made = {asset.name for dag in dags for task in dag.tasks for asset in _assets(task.outlets)}
    lines = ["flowchart LR"]
    lines += sorted({line for dag in dags for task in dag.tasks for line in _sources(task, made)})
    for dag in dags:
        lines.append(f"    subgraph {dag.dag_id}")
        lines += [f"        {edge}" for edge in _order(dag)]
        lines.append("    end")
    for dag in dags:
        lines += [f"    {edge}" for edge in _started_by(dag, dags)]
    taken = {asset.name for dag in dags for task in dag.tasks for asset in _assets(task.inlets)}
    for dag in dags:
        lines += [f"    {edge}" for task in dag.tasks for edge in _answers(task, taken)]
    return "\n".join(lines)


def _assets(listed: Iterable[object]) -> Iterator[Asset]:
    from airflow.sdk import Asset

    return (item for item in listed if isinstance(item, Asset))


def _sources(task: Operator, made: set[str]) -> Iterator[str]:
    for asset in _assets(task.inlets):
        if asset.name not in made:
            # The same picture whatever bucket this environment names.
            place = asset.name.rpartition("/")[2]
            yield f'    {place}[("{asset.group}: {place}")] --> {task.task_id}'


def _order(dag: DAG) -> Iterator[str]:
    """A line for all tasks with the same tasks after them, in the order of the DAG."""
    together: dict[tuple[str, ...], list[str]] = {}
    tasks = [task.task_id for task in dag.topological_sort()]
    for task_id in tasks:
        after = tuple(other for other in tasks if other in dag.get_task(task_id).downstream_task_ids)
        if after:
            together.setdefault(after, []).append(task_id)
    for after, before in together.items():
        yield f"{' & '.join(before)} --> {' & '.join(after)}"


def _started_by(dag: DAG, dags: Iterable[DAG]) -> Iterator[str]:
    waited_for = {asset.name for asset in _named(getattr(dag.timetable, "asset_condition", None))}
    first = [task.task_id for task in dag.topological_sort() if not task.upstream_task_ids]
    for other in dags:
        for task in other.topological_sort():
            names = [asset.name for asset in _assets(task.outlets) if asset.name in waited_for]
            if names:
                yield f"{task.task_id} -. {', '.join(names)} .-> {' & '.join(first)}"


def _named(condition: object) -> Iterator[Asset]:
    """The assets of a schedule, however they are combined."""
    yield from _assets([condition])
    for part in getattr(condition, "objects", ()):
        yield from _named(part)


def _answers(task: Operator, taken: set[str]) -> Iterator[str]:
    last = [asset for asset in _assets(task.outlets) if asset.name not in taken]
    if len(last) > 1:
        yield f'{task.task_id} --> {last[0].group}[("{len(last)} tables {last[0].group}.*")]'
