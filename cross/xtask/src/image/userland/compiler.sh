#!/bin/sh
# Zig as the makefiles of busybox call a compiler, which give the linker words that zig does not know
# and that change nothing here.
for word; do
    shift
    case $word in
        -Wl,--warn-common | -Wl,-Map,* | -Wl,--verbose | -Wl,--sort-*) ;;
        *) set -- "$@" "$word" ;;
    esac
done
exec "$PYTHON" -m ziglang cc -w -target arm-linux-musleabihf -mthumb \
    -mcpu=generic+v7a+vfp3-d32+thumb2-neon -DBB_GLOBAL_CONST= "$@"
