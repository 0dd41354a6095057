"""Given: what a job of the search runs:  python job.py '[3, 7, 9]' FOLDER SEED

A job array would start  python job.py "$(python jobs.py $SLURM_ARRAY_TASK_ID)" ...  or, with submitit, nothing of this.
"""

import json
import sys

import task

if __name__ == "__main__":
    task.run_job(json.loads(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
