"""Job scripts as Slurm reads them, and what is wrong with them on a site. Nothing here runs or submits a script.

from grader import jobscript, sites
for finding in jobscript.findings(jobscript.parse(text), sites.load("alvis")):
    print(finding)
"""

from grader.jobscript.check import findings
from grader.jobscript.judge import judge_script
from grader.jobscript.rules import RULES, Finding
from grader.jobscript.script import Script, parse
from grader.jobscript.slurm import NoSlurm, ask_slurm

__all__ = ["RULES", "Finding", "NoSlurm", "Script", "ask_slurm", "findings", "judge_script", "parse"]
