# TAP for test scripts: source it, say ok or not_ok for each result, and end with tap_end.
# shellcheck shell=sh
tap_n=0

ok() {
    tap_n=$((tap_n + 1))
    echo "ok $tap_n - $*"
}

not_ok() {
    tap_n=$((tap_n + 1))
    echo "not ok $tap_n - $*"
}

skip() { # WHAT WHY
    tap_n=$((tap_n + 1))
    echo "ok $tap_n - $1 # SKIP $2"
}

skip_all() { # WHY
    echo "1..0 # SKIP $*"
    exit 0
}

# run NAME COMMAND...: passes if the command succeeds; shows what it printed if not.
run() {
    tap_name=$1
    shift
    if "$@" >"$scratch/output" 2>&1; then
        ok "$tap_name"
    else
        not_ok "$tap_name"
        sed 's/^/# /' "$scratch/output"
    fi
}

# same NAME FILE FILE: passes if the files are equal; shows the difference if not.
same() {
    run "$1" diff "$2" "$3"
}

tap_end() {
    echo "1..$tap_n"
}

# A directory for this script, removed when it ends.
scratch=$(mktemp -d "${TMPDIR:-/tmp}/critpt-test.XXXXXX") || exit 99
trap 'chmod -R u+w "$scratch" 2>/dev/null; rm -rf "$scratch"' EXIT
trap 'exit 99' HUP INT TERM
