"""The main job, watched: the sample is applied, its job runs on the site, its setting is live."""

import time
from collections.abc import Iterator

from arcgis_demo import parts
from arcgis_demo.endings import Failed
from arcgis_demo.screen import Screen
from arcgis_demo.stage import NAME, SAMPLE, Stage, sample
from arcgis_demo.story import Story, Voice

LOOK_SECONDS = 0.2
APPLY = f"kubectl apply -f {SAMPLE.relative_to(parts.ROOT)}"


def perform(stage: Stage, screen: Screen, deadline_seconds: float) -> Story:
    """Applies the sample and returns when nothing more happens by itself, or at the deadline.

    Raises DevclusterError when something that it needs has ended.
    """
    site = stage.watcher.site_view(stage.service)
    spec = sample()
    story = Story(NAME, stage.service, spec["settings"], site.document, time.monotonic(), site)
    story.tell(Voice.YOU, "apply", APPLY)
    with screen.watching(story) as show:
        show()
        stage.kubectl("apply", "-f", str(SAMPLE))
        for _ in looks(stage, story):
            show()
            if story.resource.over or story.seconds > deadline_seconds:
                break
    return story


def looks(stage: Stage, story: Story) -> Iterator[None]:
    """Looks at both sides a few times a second, for ever."""
    while True:
        if done := stage.check():
            story.tell(Voice.KUBERNETES, "Restarted", done, story.seconds)
        stage.watcher.look(story)
        yield
        time.sleep(LOOK_SECONDS)


def last_line(story: Story) -> str:
    """The result in one line. Raises Failed if anything is not as it should be."""
    resource, site = story.resource, story.site
    if not resource.converged:
        raise Failed(_why_not_ready(story))
    if (site.job, site.status) != (resource.job, "COMPLETED"):
        raise Failed(f"Kubernetes says job {resource.job}, the site says {site.job} {site.status}")
    if site.counts.edits != 1:
        raise Failed(f"the site counted {site.counts.edits} edits of {story.service}, there should be 1")
    if lost := story.lost:
        raise Failed(f"values of {story.service} that nobody declared have changed: {', '.join(lost)}")
    return (
        f"demo: {story.service} job={resource.job} status={resource.job_status} Ready={resource.ready} "
        f"edits={site.counts.edits} restarts={site.counts.restarts} {story.seconds:.1f}s"
    )


def _why_not_ready(story: Story) -> str:
    resource = story.resource
    state = "will not become Ready" if resource.stalled else f"is not Ready after {story.seconds:.0f} s"
    return f"{story.service} {state} ({resource.reason or 'Pending'}). {resource.message}".strip()
