#!/usr/bin/env bash
# Alvis (C3SE): the head of a batch, without a GPU.
# From the top folder of the repository:  sbatch jobscripts/alvis/batch_grading.sh SUBMISSIONS [RESULTS]
# Made from jobscripts/sites/alvis.toml by `python -m grader.jobscripts`.
# Replace NAISSyyyy-rr-nnn by your project, PROJECT by its directory.
# Published end of life: 2026-06-30. Kept for those who still have it.
# Nobody has confirmed these facts of the profile:
#   slurm.array, head.
#SBATCH -A NAISSyyyy-rr-nnn
#SBATCH -p alvis
#SBATCH -C NOGPU
#SBATCH -n 1
#SBATCH -c 2
#SBATCH -t 02:00:00
#SBATCH -J batch_grading
#SBATCH -o batch_grading-%j.out
set -eo pipefail

export STORAGE=/mimer/NOBACKUP/groups/PROJECT
module purge
module load PyTorch/2.7.1-foss-2024a-CUDA-12.6.0
source "${EXERCISES_VENV:-$STORAGE/exercises-venv}/bin/activate"

# The jobs of the batch run on GPUs; this one submits them and waits. When its time is up, submit it again: it goes on.
python -u -m grader grade "${1:?which folder of submissions}" --out "${2:-$STORAGE/results}" \
    --site alvis --account NAISSyyyy-rr-nnn --yes
