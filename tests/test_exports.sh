#!/bin/sh
# What the libraries export is what the maps list is what the headers declare; and no global name of
# the static libraries can clash with a user's.
. "$top_srcdir/tests/tap.sh"

# declared HEADER MACRO: names of the functions declared with the macro.
declared() {
    tr '\n' ' ' <"$1" | grep -o "[;}{/] *$2 [^(;]*(" | sed 's/($//; s/.*[ *]//' | sort -u
}

# mapped MAP NODE
mapped() {
    sed -n "/^$2 {/,/^}/p" "$1" | sed -n 's/^ *\([a-z0-9_]*\);$/\1/p' | grep -v '^\*$' | sort
}

# exported LIBRARY NODE
exported() {
    $NM -D --defined-only "$1" | sed -n "s/.* [A-Z] \([a-z0-9_]*\)@@$2\$/\1/p" | sort
}

# check LIBRARY MAP NODE HEADER MACRO
check() {
    mapped "$top_srcdir/lib/$2" "$3" >"$scratch/map"
    declared "$top_srcdir/$4" "$5" >"$scratch/header"
    if [ -s "$scratch/map" ]; then ok "$3 lists names"; else not_ok "$3 lists names"; fi
    same "$3: the map lists what $4 declares" "$scratch/header" "$scratch/map"
    if [ -f "$top_builddir/.libs/$1.so" ]; then
        exported "$top_builddir/.libs/$1.so" "$3" >"$scratch/library"
        same "$3: $1.so exports what the map lists" "$scratch/map" "$scratch/library"
    else
        skip "$3: $1.so exports what the map lists" "no ELF shared library was built"
    fi
}

# all LIBRARY NODES: nothing but the nodes' names is exported.
only() {
    if [ -f "$top_builddir/.libs/$1.so" ]; then
        $NM -D --defined-only "$top_builddir/.libs/$1.so" | grep -vE " A |@@($2)\$" >"$scratch/rest"
        same "$1.so exports nothing else" /dev/null "$scratch/rest"
    fi
}

# globals LIBRARY PREFIXES
globals() {
    if [ -n "$SANITIZERS" ]; then
        skip "$1.a: global names begin with $2" "instrumented build"
    elif [ -f "$top_builddir/.libs/$1.a" ]; then
        $NM -g --defined-only "$top_builddir/.libs/$1.a" | sed -n 's/.* [A-Z] //p' |
            grep -vE "^_?($2)_" >"$scratch/rest"
        same "$1.a: global names begin with $2" /dev/null "$scratch/rest"
    else
        skip "$1.a: global names begin with $2" "no static library was built"
    fi
}

# tortured MAP NODE: each call has a row where allocations fail.
tortured() {
    mapped "$top_srcdir/lib/$1" "$2" >"$scratch/map"
    grep -oh 'critpt_[a-z0-9_]*' "$top_srcdir"/tests/torture.c "$top_srcdir"/tests/test_torture*.c |
        sort -u | comm -13 - "$scratch/map" >"$scratch/missing"
    same "$2: every call has a row in tests/test_torture*.c" /dev/null "$scratch/missing"
}

check libcritpt critpt.map CRITPT_0.1 include/critpt.h CRITPT_PUBLIC
tortured critpt.map CRITPT_0.1
check libcritpt critpt.map CRITPT_PRIVATE lib/base/base.h CPT_SHARED
only libcritpt 'CRITPT_0\.1|CRITPT_PRIVATE'
globals libcritpt 'critpt|cpt'
check libcritpt-file critpt_file.map CRITPT_FILE_0.1 include/critpt_file.h CRITPT_PUBLIC
tortured critpt_file.map CRITPT_FILE_0.1
only libcritpt-file 'CRITPT_FILE_0\.1'
globals libcritpt-file 'critpt_file|cpt_file'
if [ -n "$MPI_LIBS" ]; then
    check libcritpt-mpi critpt_mpi.map CRITPT_MPI_0.1 include/critpt_mpi.h CRITPT_PUBLIC
    only libcritpt-mpi 'CRITPT_MPI_0\.1'
    globals libcritpt-mpi 'critpt_mpi'
else
    skip "libcritpt-mpi" "built without MPI"
fi
tap_end
