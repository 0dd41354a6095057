# torchrun starts one process for each GPU. Only one of torchrun and srun may do so.
{{ python }} -u -m torch.distributed.run \
    --standalone --nproc-per-node="$gpus" "${@:-assignments/05_data_parallel/train.py}"
