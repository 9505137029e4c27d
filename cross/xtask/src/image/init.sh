#!/bin/sh
# The first program: loads the drivers, finds a root slot that is sound, and hands over to it.
export PATH=/bin

mount -t devtmpfs -o nosuid,noexec devtmpfs /dev
mount -t proc -o nosuid,nodev,noexec proc /proc
mount -t sysfs -o nosuid,nodev,noexec sysfs /sys

# The kernel has its first random numbers a second after somebody asks for one: that second is spent
# beside what follows.
head -c 1 /dev/random > /dev/null &

# Loads the modules of one list, in its order.
load() {
    while read -r module options; do
        # Options are several words.
        insmod "/modules/$module.ko" $options || echo "The module $module was not loaded."
    done < "$1"
}

# The lists do not need each other. Only the first is waited for before there is a root slot.
rest=
for list in /modules/order-*; do
    load "$list" &
    if [ "$list" = /modules/order-0 ]; then first=$!; else rest="$rest $!"; fi
done
wait "$first"

# Finds the partition of a label, on a raw chip or on a disk: sets device and size, in bytes.
find_slot() {
    while read -r place bytes _ label; do
        if [ "$label" = "\"$1\"" ]; then
            device=/dev/${place%:}
            size=$((0x$bytes))
            return
        fi
    done < /proc/mtd
    found=$(grep -l "^PARTNAME=$1$" /sys/class/block/*/uevent) || return
    found=${found%/uevent}
    device=/dev/${found##*/}
    size=$(($(cat "$found/size") * 512))
}

# Takes the root file system of a slot into memory and tells whether it is what was put there: the
# last 512 bytes of the slot say how much that is, and with which sum. What was proven is what runs:
# the slot is not read again, whatever becomes of it. A file system has 32 MiB at most.
is_sound() {
    dd if="$device" bs=512 skip=$((size / 512 - 1)) count=1 2> /dev/null |
        {
            read -r word bytes sum && [ "$word" = dialtone ] && [ "$bytes" -le 33554432 ] &&
                dd if="$device" of=/root.squashfs bs="$bytes" count=1 2> /dev/null &&
                [ "$(sha256sum < /root.squashfs)" = "$sum  -" ]
        }
}

for slot in root-a root-b; do
    find_slot "$slot" || continue
    if ! is_sound; then
        echo "Slot $slot is empty or damaged."
    elif mount -t squashfs -o loop,ro,nosuid,nodev /root.squashfs /new; then
        echo "The root file system is in slot $slot."
        mount -t tmpfs -o mode=755,size=8M,nosuid,nodev,noexec tmpfs /new/run
        echo "$slot" > /new/run/slot
        mount --move /dev /new/dev
        mount --move /proc /new/proc
        mount --move /sys /new/sys
        [ -z "$rest" ] || wait $rest
        exec switch_root /new /sbin/init
    fi
done

echo "No slot holds a root file system; starting over in 10 seconds."
sleep 10
reboot -f
