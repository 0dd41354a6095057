"""The files of a private Slurm: slurm.conf and those that it wants beside it."""

from __future__ import annotations

import os
import pwd
import socket
from pathlib import Path

from tests.private_slurm.shape import Partition, Shape

# What is the same for every shape. Why each line is there:
FIXED = """\
ClusterName=private
AuthType=auth/munge
CredType=cred/munge
# Listen on the addresses named here; the default is 0.0.0.0.
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
# Nothing that takes a privilege: no cgroup, no binding to cores.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
SwitchType=switch/none
MpiDefault=none
MailProg=/bin/true
# Nodes may claim more cores and memory than this machine has.
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
# Without a default, every job takes all memory of its node, and jobs run one by one.
DefMemPerCPU=1000
GresTypes=gpu
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2
# Refuse at once what could never start.
EnforcePartLimits=ALL
KillWait=2
# A node that did not answer comes back by itself, one that was set down does not.
ReturnToService=1
# Finished jobs stay in squeue, which the stand-in for sacct reads.
MinJobAge=86400
JobRequeue=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
# A preempted job gets the signal of its --signal before GraceTime begins.
SlurmctldParameters=preempt_send_user_signal
"""

JOB_SUBMIT = """\
local function refuse(text) slurm.log_user(text) return slurm.ERROR end

-- The pattern is a file, so that no regular expression passes through a shell; what the account holds was looked at.
local function known(account)
  local done = os.execute("printf '%s' '" .. account .. "' | grep -qxPf '{folder}/account.regex'")
  return done == true or done == 0
end

function slurm_job_submit(job)
  local account, partition = job.account or "", job.partition or "{default}"
  if {check_account} then
    if account == "" then return refuse("no account: give -A") end
    if account:find("[^%w_.-]") or not known(account) then
      return refuse("account " .. account .. " is none of this site's")
    end
  end
  local asked = ""
  for _, part in ipairs({"tres_per_node", "tres_per_job", "tres_per_task", "tres_per_socket"}) do
    asked = asked .. (job[part] or "")
  end
  for name in partition:gmatch("[^,]+") do
    if ("{gpu_partitions}"):find("," .. name .. ",", 1, true) and not asked:find("gpu") then
      return refuse("partition " .. name .. " is for GPU jobs: give --gpus-per-node")
    end
  end
  if {check_time} and job.time_limit == slurm.NO_VAL then return refuse("no time limit: give -t") end
  return slurm.SUCCESS
end

function slurm_job_modify() return slurm.SUCCESS end
return slurm.SUCCESS
"""

# Programs of a job learn the node's name, and the addresses of the others, as the daemons do: see `programs.named`.
TASK_PROLOG = """\
#!/bin/sh
case ${LD_PRELOAD-} in
    *libnss_wrapper.so*) ;;
    *) echo "export LD_PRELOAD=libnss_wrapper.so${LD_PRELOAD:+:$LD_PRELOAD}" ;;
esac
echo "export NSS_WRAPPER_HOSTS={folder}/hosts"
echo "export NSS_WRAPPER_HOSTNAME=$SLURMD_NODENAME"
"""


def write(folder: Path, shape: Shape) -> None:
    """Write slurm.conf, gres.conf, cgroup.conf, hosts, the TaskProlog and, with rules, job_submit.lua."""
    host = socket.gethostname()
    short = host.partition(".")[0]
    user = pwd.getpwuid(os.geteuid()).pw_name
    names = shape.node_names()
    ports = free_ports(1 + len(names))
    lines = [
        FIXED,
        f"SlurmctldHost={short}(127.0.0.1)",
        f"SlurmctldPort={ports.pop()}",
        f"SlurmUser={user}",
        f"SlurmdUser={user}",
        # cred_expire is also how long a requeued job waits; below 5 Slurm silently takes 120.
        f"AuthInfo=socket={folder}/private/munge.sock,cred_expire=5",
        f"StateSaveLocation={folder}/private/state",
        f"SlurmdSpoolDir={folder}/private/%n",
        f"SlurmctldPidFile={folder}/private/slurmctld.pid",
        f"SlurmdPidFile={folder}/private/%n.pid",
        f"TaskProlog={folder}/task_prolog",
        f"MaxArraySize={shape.max_array_size}",
    ]
    gres = []
    for nodes in shape.nodes:
        for k in range(nodes.gpus):  # Slurm wants a device; the digit becomes the index in CUDA_VISIBLE_DEVICES
            (folder / f"dev/{nodes.name}-{k}").symlink_to(os.devnull)
        for name in nodes.names():
            line = f"NodeName={name} NodeHostname={short} NodeAddr=127.0.0.1 Port={ports.pop()}"
            line += f" CPUs={nodes.cores} RealMemory={nodes.memory_mb}"
            if nodes.gpu:
                line += f" Feature={nodes.gpu}"
            if nodes.gpus:
                line += f" Gres=gpu:{nodes.gpu}:{nodes.gpus}"
                files = f"{folder}/dev/{nodes.name}-[0-{nodes.gpus - 1}]"
                gres.append(f"NodeName={name} Name=gpu Type={nodes.gpu} File={files}\n")
            lines.append(line)
    lines += [partition_line(shape, partition) for partition in shape.partitions]
    if shape.rules:
        lines.append("JobSubmitPlugins=lua")
        write_rules(folder, shape)
    script(folder / "task_prolog", TASK_PROLOG.replace("{folder}", str(folder)))
    # One address for all: a step is answered at 127.0.0.1, so srun must listen there, in jobs too. torch asks for IPv6
    # first, and would ask a name server if there were none: here it is 127.0.0.1 again.
    known = ["localhost", host, short, *names]
    addresses = ("127.0.0.1", "::ffff:127.0.0.1")
    (folder / "hosts").write_text("".join(f"{address} {name}\n" for address in addresses for name in known))
    (folder / "gres.conf").write_text("".join(gres))
    # Not used, but without the line slurmd looks for cgroups and stops where it may not make one.
    (folder / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n")
    (folder / "slurm.conf").write_text("\n".join([*lines, ""]))


def partition_line(shape: Shape, partition: Partition) -> str:
    """A partition of slurm.conf; 5 s pass between the signal of a preemption and the end."""
    chosen = [nodes for nodes in shape.nodes if not partition.nodes or nodes.name in partition.nodes]
    names = ",".join(name for nodes in chosen for name in nodes.names())
    default = "YES" if partition is shape.partitions[0] else "NO"
    kind = "PriorityTier=1 GraceTime=5" if partition.preemptable else "PriorityTier=10 PreemptMode=OFF"
    return f"PartitionName={partition.name} Nodes={names} Default={default} MaxTime={partition.max_time} {kind}"


def write_rules(folder: Path, shape: Shape) -> None:
    """Write job_submit.lua and the pattern of accounts."""
    assert shape.rules is not None
    (folder / "account.regex").write_text(f"{shape.rules.account or ''}\n")
    values = {
        "folder": folder,
        "default": shape.partitions[0].name,
        "gpu_partitions": "".join(f",{p.name}," for p in shape.partitions if p.needs_gpu),
        "check_account": str(shape.rules.account is not None).lower(),
        "check_time": str(shape.rules.needs_time).lower(),
    }
    text = JOB_SUBMIT
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
    (folder / "job_submit.lua").write_text(text)


def script(path: Path, text: str) -> None:
    """Write an executable file."""
    path.write_text(text)
    path.chmod(0o755)


def free_ports(count: int) -> list[int]:
    """Ports that nobody used a moment ago."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()
