# What scripts/setup, demo, test, controllers and ovs share. Sourced, not run.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
VENV=$ROOT/.venv

# A PYTHONPATH or PYTHONHOME of the user's would bring other packages into .venv.
unset PYTHONPATH PYTHONHOME

# die TEXT...: say in one line why this can't go on, and end.
die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# need_root: set AS_ROOT to what runs a command as root; nothing for root itself.
need_root() {
    AS_ROOT=()
    [ "$(id -u)" -eq 0 ] && return
    command -v sudo >/dev/null || die "found neither root nor sudo; run it as root"
    sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; } ||
        die "found that sudo asks for a password and no terminal to type it; run it as root"
    AS_ROOT=(sudo)
}

# in_sandbox COMMAND...: run a command in the checkout as root, in a network of its own with an
# Open vSwitch of its own. Nothing that root runs writes into the user's checkout.
in_sandbox() {
    need_root
    cd "$ROOT" || exit
    exec "${AS_ROOT[@]}" env PATH="$VENV/bin:$PATH:/usr/sbin:/sbin" PYTHONDONTWRITEBYTECODE=1 \
        "$VENV/bin/python" -m mininet_topos.sandbox -- "$@"
}
