"""The signal ends the only wait, with status 138: nobody has the job queued again.

Caught by: warned
"""
# TODO(3): train, pass the signal on, and have the job queued again
mkdir -p "$CHECKPOINTS"
python -u train_tf.py --device GPU --checkpoint "$CHECKPOINTS/run.npz" &
training=$!
trap 'kill -USR1 "$training"' USR1
code=0
wait "$training" || code=$?
if [ "$code" -eq 75 ]; then
    scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
# END TODO(3)
