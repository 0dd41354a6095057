#!/usr/bin/env bash
# Kebnekaise (HPC2N): the head of a batch, without a GPU.
# From the top folder of the repository:  sbatch jobscripts/kebnekaise/batch_grading.sh SUBMISSIONS [RESULTS]
# Made from jobscripts/sites/kebnekaise.toml by `python -m grader.jobscripts`.
# Replace hpc2nYYYY-NNN by your project, PROJECT by its directory.
# Its newest PyTorch module seen (2.1.2) is too old for the exercises: install PyTorch into your environment.
# Nobody has confirmed these facts of the profile:
#   login, slurm.hours, slurm.array, gpus.cores, gpus.unit, gpus.several_nodes, storage, head.
#SBATCH -A hpc2nYYYY-NNN
#SBATCH -n 1
#SBATCH -c 2
#SBATCH -t 02:00:00
#SBATCH -J batch_grading
#SBATCH -o batch_grading-%j.out
set -eo pipefail

export STORAGE=/proj/nobackup/PROJECT
module purge
module load GCC/12.3.0 Python/3.11.3 OpenMPI/4.1.5
source "${EXERCISES_VENV:-$STORAGE/exercises-venv}/bin/activate"

# The jobs of the batch run on GPUs; this one submits them and waits. When its time is up, submit it again: it goes on.
python -u -m grader grade "${1:?which folder of submissions}" --out "${2:-$STORAGE/results}" \
    --site kebnekaise --account hpc2nYYYY-NNN --yes
