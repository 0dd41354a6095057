#!/bin/bash
# A training that goes on in the next job where this one stopped. Submit it from this folder:  sbatch job_tf.sh
# The next line names the profile (jobscripts/sites/NAME.toml) of the site that this script is for.
# site: arrhenius

# TODO(1): ask for what the job needs
# One GPU, in the form of your site; who pays; at most an hour; a name; a log with the number of the job in its name. And,
# for what comes last in here: a signal to this script two minutes before the limit, and to be queued again with one log.
#SBATCH -A naissYYYY-X-NNN-gpu
#SBATCH --gpu-per-node=1
#SBATCH -t 10m
# END TODO(1)

set -euo pipefail  # a command that fails ends the job, and does not leave it idle with its GPU

# TODO(2): software, storage, and a look at the GPU
# As it is, the job runs with whatever your shell had loaded, fills your home folder, and may train on the CPU.
CHECKPOINTS=$HOME/gpu-job
# END TODO(2)

# TODO(3): train, pass the signal on, and have the job queued again
# train_tf.py exits with 75 when it stopped early, 0 when it is done.
mkdir -p "$CHECKPOINTS"
python train_tf.py --device GPU --checkpoint "$CHECKPOINTS/run.npz"
# END TODO(3)
