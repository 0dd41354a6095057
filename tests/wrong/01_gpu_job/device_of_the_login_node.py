"""The line that was tried on the login node: the GPU is idle.

Caught by: prepared
"""
# TODO(3): train, pass the signal on, and have the job queued again
mkdir -p "$CHECKPOINTS"
python -u train.py --device cpu --checkpoint "$CHECKPOINTS/run.pt" &
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
