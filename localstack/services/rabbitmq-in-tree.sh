#!/bin/sh
# Runs inside a mount namespace of its own (and a pid namespace, so that epmd and port programs end with the broker):
# shows the unpacked Debian tree the network files, /proc, /dev and the data folder, then becomes the broker.
# Arguments: <tree> <data folder> <program in the tree>; the broker's settings come as RABBITMQ_* and ERL_* variables.
set -e
tree=$1 data=$2 server=$3
mount -t proc proc "$tree/proc" 2>/dev/null || mount --rbind /proc "$tree/proc"
mount --rbind /dev "$tree/dev"
mount --bind "$data" "$tree/data"
exec chroot "$tree" "$server"
