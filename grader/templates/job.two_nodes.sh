# srun starts one torchrun on each node, torchrun one process for each GPU there. They meet at the first node.
head=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
port=$((20000 + SLURM_JOB_ID % 20000))  # jobs that share a node must not share a port
{{ everywhere }}--kill-on-bad-exit=1 \
    {{ python }} -u -m torch.distributed.run \
    --nnodes="$SLURM_JOB_NUM_NODES" --nproc-per-node="$gpus" \
    --rdzv-backend=c10d --rdzv-endpoint="$head:$port" --rdzv-id="$SLURM_JOB_ID" \
    "${@:-assignments/05_data_parallel/train.py}"
