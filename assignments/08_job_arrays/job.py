"""Given: what a job runs:  python job.py '[3, 7, 9]' FOLDER SEED  (and --rehearse: without PyTorch)."""

import json
import sys

import experiment
import task

if __name__ == "__main__":
    if "--rehearse" in sys.argv:
        import rehearsal

        experiment.load_data, experiment.train = rehearsal.load_data, rehearsal.train
    task.run_job(json.loads(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
