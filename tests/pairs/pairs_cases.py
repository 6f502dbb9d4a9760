"""What readers had found by hand at f03c483, and the scene with which the search finds each of it there."""

CASES = {
    "a failed read of labels lets the loser speak": ("3:label read fails+second on the same site", "LOSER"),
    "a replaced site lets the loser speak": (
        "0:second by another ArcGISSite+site replaced",
        "LOSER",
    ),
    "a status is stored without its journal": ("0:jobs fail+status without its journal", "NO-INTENT"),
    "a password is a word of the path": (
        "1:edit's answer lost+password is a word of the path",
        "TWO-JOBS",
    ),
    "an object is declared over a list": ("121:object over a list", "UNDECLARED"),
    "joined names forget a lost request": (
        "22:edit's answer lost+list of jobs lags+second by another address+suspended site",
        "TWO-JOBS",
    ),
    "a guarded folder in other letters": ("122:guarded folder", "GUARDED"),
    "nested secrets stand in plan and event": ("136:nested secrets", "SECRET"),
    "a data source is steered by another container": ("124:guarded keys", "GUARDED"),
    "a refusal says read-only": ("133:edits refused", "NO-REST"),
    "the first list of jobs is refused": (
        "73:colleague's job+list of jobs refused once+restart",
        "JOB-OF-OTHERS",
    ),
    "a job never says a known last word": ("122:odd last word", "NO-REST"),
    "a failed read of labels is told as a refusal": ("145:label read fails", "TOLD-REFUSED"),
    "an account may not list jobs": (
        "390:list of jobs missing+status wiped over a restart",
        "TWO-JOBS",
    ),
    "a join is forgotten with the process": ("455:crash+second by another address", "LOSER"),
    "a job seen completed is presumed to run": ("0:jobs forgotten+site trims values", "NO-REST"),
    "a slow site never gets an edit": ("188:slow site", "NO-REST"),
    "who waits for a person keeps the slot": ("14:one slot+site moves", "NO-REST"),
    "an older resource steps over an unknown outcome": (
        "39:crash+list of jobs forbidden+second on the same site",
        "TWO-JOBS",
    ),
    "a typo closes a lost request": ("3:edit's answer lost+list of jobs lags+typo", "TWO-JOBS"),
    "a typo of the winner lets the loser speak": ("556:second by another ArcGISSite+typo", "LOSER"),
    "an old list beats the watch": ("37:list arrives late", "NO-RIGHT"),
    "one namespace stops all": ("4:namespace is deleted", "NO-REST"),
    "two leaders after the Lease was emptied": ("1:two leaders", "TWO-JOBS"),
    "one deep object stops all": ("2:object too deep+restart", "NO-REST"),
    "a replaced site closes a lost request": (
        "2:another owner's ArcGISSite+edit's answer lost+list of jobs lags+site replaced",
        "TWO-JOBS",
    ),
    "an orphan asks for ever": ("1:deleted+site asks to wait", "ASKED-OFTEN"),
}
"""What was wrong: the scene, and the rule it broke."""

FOUND_SINCE = {
    "jobs that fail and are forgotten have no bound": ("14183:jobs fail+jobs forgotten", "BOUNDS"),
    "every drift was a new wish once the site had moved": (
        "57:list arrives late+storm of drifts",
        "STORM",
    ),
    "an older resource appears while the younger one's turn waits for an answer": (
        "6440:object read is late+second by another ArcGISSite",
        "LOSER",
    ),
    "a restart while all is restored made another question, about nothing": (
        "117:one slot+storm of drifts",
        "ASKED-FOR-NOTHING",
    ),
    "the loser went on at once while the winner's ArcGISSite was replaced": (
        "7341:second by another address+site replaced",
        "LOSER",
    ),
    "a site that asks to wait was well again in the scene, after a shorter fault": (
        "1472:list of a folder fails+list of jobs missing+site asks to wait+site not understood",
        "ASKED-OFTEN",
    ),
    "the last wish came so late that the scene ended in the midst of it": (
        "1505:jobs forgotten+list of jobs forbidden+stale documents",
        "WRITES-LATE",
    ),
}
"""What the search itself has found, in the same form; the last two were the scene's own mistakes."""
