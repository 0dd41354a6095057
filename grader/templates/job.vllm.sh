# A folder, for example {{ site.storage.models or "$STORAGE" }}/models--ORG--NAME/snapshots/HASH
model=${1:?which snapshot of a model}
port=$((20000 + SLURM_JOB_ID % 20000))
chmod 600 "vllm-$SLURM_JOB_ID.out"  # it holds the key
VLLM_API_KEY=$({{ python }} -c 'import secrets; print(secrets.token_hex(16))')  # all users of a node reach its ports
export VLLM_API_KEY VLLM_CACHE_ROOT="$STORAGE/caches/vllm" PYTHONUNBUFFERED=1
echo "On a login node: curl -H 'Authorization: Bearer $VLLM_API_KEY' http://$(hostname):$port/v1/models"
echo "When you are done: scancel $SLURM_JOB_ID"
apptainer exec --nv {{ site.software.vllm }} \
    vllm serve "$model" --tensor-parallel-size "$SLURM_GPUS_ON_NODE" --port "$port"
