# The program in a script of tests: source it, say what is expected of it, and end with tap_end.
# shellcheck shell=sh
. "$top_srcdir/tests/tap.sh"
cd "$scratch" || exit 99
LC_ALL=C && export LC_ALL

# expect CODE WORDS COMMAND...: the exit code, and words in what it says on standard error.
expect() {
    code=$1 words=$2
    shift 2
    "$@" >out 2>err
    found=$?
    if [ $found -eq "$code" ] && grep -qF -e "$words" err; then
        ok "exit $code: $words"
    else
        not_ok "exit $code: $words"
        echo "# exit $found from: $*"
        sed 's/^/# /' err
    fi
}

# works COMMAND...: exit code 0, and nothing on standard error.
works() {
    "$@" >out 2>err
    found=$?
    if [ $found -eq 0 ] && [ ! -s err ]; then
        ok "$(echo "$*" | sed 's|.*/||')"
    else
        not_ok "exit $found from: $*"
        sed 's/^/# /' err
    fi
}

# says WORDS: the last standard output has them.
says() {
    if grep -qF -e "$*" out; then ok "prints $*"; else
        not_ok "prints $*"
        sed 's/^/# /' out
    fi
}

# nothing FILE...: none of these exists, nor any temporary file.
nothing() {
    left=$(ls "$@" ./*.tmp 2>/dev/null)
    if [ -z "$left" ]; then ok "nothing is left of it"; else not_ok "left: $left"; fi
}
