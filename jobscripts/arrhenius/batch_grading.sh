#!/usr/bin/env bash
# Arrhenius (NSC): the head of a batch, without a GPU.
# From the top folder of the repository:  sbatch jobscripts/arrhenius/batch_grading.sh SUBMISSIONS [RESULTS]
# Made from jobscripts/sites/arrhenius.toml by `python -m grader.jobscripts`.
# Replace naissYYYY-X-NNN-gpu by your project, PROJECT by its directory.
# GPU nodes are aarch64, login nodes x86_64: build the environment inside a GPU job.
# Nobody has confirmed these facts of the profile:
#   slurm.array, gpus.unit, gpus.several_nodes, software.setup, storage.scratch, head.
#SBATCH -A naissYYYY-X-NNN-cpu
#SBATCH -p cpu
#SBATCH -n 1
#SBATCH -c 2
#SBATCH -t 02:00:00
#SBATCH -J batch_grading
#SBATCH -o batch_grading-%j.out
set -eo pipefail

export STORAGE=/nobackup/proj/disk/PROJECT/personal/$USER
module purge
source "$HOME/exercises-head/bin/activate"

# The jobs of the batch run on GPUs; this one submits them and waits. When its time is up, submit it again: it goes on.
python -u -m grader grade "${1:?which folder of submissions}" --out "${2:-$STORAGE/results}" \
    --site arrhenius --account naissYYYY-X-NNN-gpu --yes
