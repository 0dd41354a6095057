"""The folder of the checkpoints is not made: the first job dies when it saves.

Caught by: submitted
"""
# TODO(3): train, pass the signal on, and have the job queued again
python -u train_tf.py --device GPU --checkpoint "$CHECKPOINTS/run.npz" &
training=$!
trap 'kill -USR1 "$training"' USR1
code=0
wait "$training" || code=$?
while kill -0 "$training" 2> /dev/null; do  # the signal ends a wait, not the training: it is saving now
    code=0
    wait "$training" || code=$?
done
if [ "$code" -eq 75 ]; then
    scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
# END TODO(3)
