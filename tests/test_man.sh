#!/bin/sh
# The manual as tested code: pages pass mandoc's lint, prototypes of SYNOPSIS agree with the headers,
# the programs of EXAMPLES compile and link, and every exported name is on a page.
. "$top_srcdir/tests/tap.sh"
man=$top_srcdir/man
cd "$scratch" || exit 99

ls "$man"/*.[0-9] >pages || exit 99

# The text of a literal block as the reader sees it.
unescape='s/\\e/\\/g; s/\\&//g; s/\\-/-/g; s/\\(dq/"/g; s/\\(aq/'"'"'/g'

# prototypes PAGE: the C declarations of its SYNOPSIS.
prototypes() {
    awk '
    # the arguments of a macro line from field 2 on, "quoted ones" as one; into a[1..n]
    function arguments(line,    n, rest) {
        n = 0
        rest = line
        sub(/^\.[A-Za-z]+ */, "", rest)
        while (rest != "") {
            if (substr(rest, 1, 1) == "\"") {
                rest = substr(rest, 2)
                a[++n] = substr(rest, 1, index(rest, "\"") - 1)
                rest = substr(rest, index(rest, "\"") + 1)
            } else {
                match(rest, /^[^ ]+/)
                a[++n] = substr(rest, 1, RLENGTH)
                rest = substr(rest, RLENGTH + 1)
            }
            sub(/^ +/, "", rest)
        }
        return n
    }
    function add(from, n,    i) {
        for (i = from; i <= n; i++)
            list = list (list == "" ? "" : ", ") a[i]
    }
    /^\.Sh / { inside = $2 == "SYNOPSIS" }
    !inside { next }
    /^\.In / { print "#include <" $2 ">" }
    /^\.Ft / { type = $0; sub(/^\.Ft +/, "", type); gsub(/"/, "", type) }
    /^\.Fn / { n = arguments($0); list = ""; add(2, n); print type " " a[1] "(" list ");" }
    /^\.Fo / { name = $2; list = "" }
    /^\.Fa / { n = arguments($0); add(1, n) }
    /^\.Fc/ { print type " " name "(" list ");" }' "$1" | sed "$unescape"
}

# examples PAGE: writes its example programs to example-1.c, ...; a tutorial has them everywhere.
examples() {
    rm -f example-*.c
    awk -v everywhere="$(case $1 in *.7) echo 1 ;; esac)" '
    /^\.Sh / { inside = $2 == "EXAMPLES" || everywhere }
    inside && /^\.Bd .*-literal/ { file = "example-" ++n ".c"; next }
    /^\.Ed/ { file = "" }
    file != "" { print > file }' "$1"
    for file in example-*.c; do
        [ -f "$file" ] || continue
        sed "$unescape" "$file" >unescaped && mv unescaped "$file"
        grep -q 'main(' "$file" || rm "$file" # commands, not a program
    done
}

# too_wide PAGE: lines of its tables that do not fit 80 columns. Code and prototypes may be longer.
too_wide() {
    printf '.Dd January 1, 2026\n.Dt TABLES 7\n.Os\n.Sh DESCRIPTION\n' >tables
    awk '/^\.Bl .*-column/ { inside = 1 } inside { print } /^\.El/ { inside = 0 }' "$1" >>tables
    mandoc -T ascii -O width=80 tables | sed "s/.$(printf '\b')//g" | awk 'length($0) > 80'
}

while read -r page; do
    name=${page##*/}
    flags=''
    libraries=''
    if grep -q '^\.In critpt_mpi.h' "$page"; then
        flags=$MPI_CFLAGS
        libraries="$top_builddir/libcritpt-mpi.la $MPI_LIBS"
    fi
    if command -v mandoc >/dev/null 2>&1; then
        run "$name: mandoc has no warning" mandoc -T lint -W warning "$page"
        too_wide "$page" >wide
        same "$name: tables fit 80 columns" /dev/null wide
    else
        skip "$name: mandoc has no warning" "mandoc is not installed"
        skip "$name: tables fit 80 columns" "mandoc is not installed"
    fi
    case $name in *.[37]) ;; *) continue ;; esac
    if [ -n "$libraries" ] && [ -z "$MPI_LIBS" ]; then
        skip "$name: SYNOPSIS and EXAMPLES" "built without MPI"
        continue
    fi
    prototypes "$page" >synopsis.c
    # shellcheck disable=SC2086
    [ "$name" != "${name%.7}" ] ||
        run "$name: SYNOPSIS agrees with the header" $CC -Wall -Werror -Wno-strict-prototypes \
            -I"$top_srcdir/include" $flags -c synopsis.c -o synopsis.o
    examples "$page"
    for file in example-*.c; do
        [ -f "$file" ] || continue
        # shellcheck disable=SC2086
        run "$name: $file compiles and links" "$top_builddir/libtool" --quiet --tag=CC --mode=link \
            $CC $CFLAGS -Wall -Wextra -Wpedantic -Werror -I"$top_srcdir/include" $flags "$file" \
            -o example $libraries "$top_builddir/libcritpt-file.la" "$top_builddir/libcritpt.la" -lm
        case $name in *.7) run "$name: $file runs" ./example ;; esac
    done
done <pages

# .Nm lines of NAME sections are the names that man finds
sed -n 's/^ *\(critpt_[a-z0-9_]*\);$/\1/p' "$top_srcdir"/lib/*.map | sort -u >symbols
for page in "$man"/*.3; do
    sed -n '/^\.Sh NAME/,/^\.Nd/s/^\.Nm \([a-z0-9_]*\).*/\1/p' "$page"
done | sort >names
comm -23 symbols names >missing
same "every exported name is named by a page" /dev/null missing
uniq -d names >twice
same "no name is on two pages" /dev/null twice
for page in "$man"/*.3; do
    prototypes "$page" | sed -n 's/.*[ *]\(critpt_[a-z0-9_]*\)(.*/\1/p'
done | sort -u >documented
comm -23 symbols documented >missing
same "every exported name has its prototype in a SYNOPSIS" /dev/null missing
tap_end
