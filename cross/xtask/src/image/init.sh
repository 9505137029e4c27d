#!/bin/sh
# The first program: loads the drivers, finds the root slot on the flash chip and hands over to it.
export PATH=/bin

mount -t devtmpfs devtmpfs /dev
mount -t proc proc /proc
mount -t sysfs sysfs /sys

while read -r module; do
    insmod "/modules/$module.ko" || echo "The module $module was not loaded."
done < /modules/order

for slot in root-a root-b; do
    number=$(sed -n "s/^mtd\([0-9]*\): .* \"$slot\"$/\1/p" /proc/mtd)
    [ -n "$number" ] || continue
    if mount -t squashfs -o ro,nosuid,nodev "/dev/mtdblock$number" /new; then
        echo "The root file system is in slot $slot."
        mount --move /dev /new/dev
        mount --move /proc /new/proc
        mount --move /sys /new/sys
        exec switch_root /new /sbin/init
    fi
    echo "Slot $slot holds no root file system."
done

echo "There is no root file system on the flash chip; starting over in 10 seconds."
sleep 10
reboot -f
