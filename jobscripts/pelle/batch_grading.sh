#!/usr/bin/env bash
# Pelle (UPPMAX): the head of a batch, without a GPU.
# From the top folder of the repository:  sbatch jobscripts/pelle/batch_grading.sh SUBMISSIONS [RESULTS]
# Made from jobscripts/sites/pelle.toml by `python -m grader.jobscripts`.
# Replace uppmaxYYYY-X-N by your project, PROJECT by its directory.
# Its newest PyTorch module seen (2.6.0) is too old for the exercises: install PyTorch into your environment.
# Nobody has confirmed these facts of the profile:
#   login, slurm.array, gpus.unit, gpus.several_nodes, software.setup, storage, head.
#SBATCH -A uppmaxYYYY-X-N
#SBATCH -n 1
#SBATCH -c 2
#SBATCH -t 02:00:00
#SBATCH -J batch_grading
#SBATCH -o batch_grading-%j.out
set -eo pipefail

export STORAGE=/proj/PROJECT
module purge
module load Python/3.12.3-GCCcore-13.3.0
source "${EXERCISES_VENV:-$STORAGE/exercises-venv}/bin/activate"

# The jobs of the batch run on GPUs; this one submits them and waits. When its time is up, submit it again: it goes on.
python -u -m grader grade "${1:?which folder of submissions}" --out "${2:-$STORAGE/results}" \
    --site pelle --account uppmaxYYYY-X-N --yes
