#!/usr/bin/env bash
# This machine (private Slurm, stand-ins for GPUs): the head of a batch, without a GPU.
# From the top folder of the repository:  sbatch jobscripts/local/batch_grading.sh SUBMISSIONS [RESULTS]
# Made from jobscripts/sites/local.toml by `python -m grader.jobscripts`.
# Replace naissYYYY-X-NNN by your project.
# For trying scripts out. Nothing here is fast.
#SBATCH -A naissYYYY-X-NNN
#SBATCH -n 1
#SBATCH -t 01:00:00
#SBATCH -J batch_grading
#SBATCH -o batch_grading-%j.out
set -eo pipefail

export STORAGE=$PWD/build/jobs
source "${EXERCISES_VENV:-$PWD/.venv}/bin/activate"

# The jobs of the batch run on GPUs; this one submits them and waits. When its time is up, submit it again: it goes on.
python -u -m grader grade "${1:?which folder of submissions}" --out "${2:-$STORAGE/results}" \
    --site local --account naissYYYY-X-NNN --yes
