#!/bin/bash
# The system's Python.
# Site: alvis. Caught by: environment.
#SBATCH -A NAISS2026-1-23
#SBATCH -p alvis
#SBATCH --gpus-per-node=A40:1
#SBATCH -t 0:10:00
#SBATCH -J train
#SBATCH -o train-%j.out
set -euo pipefail
export HF_HOME="$TMPDIR/huggingface"
python -u train.py
