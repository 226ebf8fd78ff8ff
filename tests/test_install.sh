#!/bin/sh
# The libraries as their users get them: installed, found by pkg-config, linked from C and C++, and
# uninstalled without a trace.
. "$top_srcdir/tests/tap.sh"
[ -z "$SANITIZERS" ] || skip_all "instrumented build"

root=$scratch/root
MAKEFLAGS= && export MAKEFLAGS
cd "$top_builddir" || exit 99
run "make install" $MAKE install DESTDIR="$root"

# make install with DESTDIR writes the final paths: point the .pc files to where the files are now.
for pc in "$root$libdir"/pkgconfig/*.pc; do
    sed "s|^\([a-z_]*\)=/|\1=$root/|" "$pc" >"$scratch/pc" && cp "$scratch/pc" "$pc"
done
PKG_CONFIG_PATH=$root$libdir/pkgconfig:$PKG_CONFIG_PATH && export PKG_CONFIG_PATH
LD_LIBRARY_PATH=$root$libdir:$LD_LIBRARY_PATH && export LD_LIBRARY_PATH
cd "$scratch" || exit 99

flags() { # OPTION... MODULE
    # shellcheck disable=SC2046 # words
    echo $($PKG_CONFIG "$@")
}

warnings='-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror'
for header in critpt critpt_file; do
    printf '#include <%s.h>\nint main(void) { return 0; }\n' $header >$header.c
    cp $header.c $header.cc
    # shellcheck disable=SC2046
    run "$header.h stands alone in C" \
        $CC -std=c99 $warnings -Wstrict-prototypes $(flags --cflags critpt-file) $header.c -o header
    if command -v "${CXX:-c++}" >/dev/null 2>&1; then
        # shellcheck disable=SC2046
        run "$header.h stands alone in C++" \
            "${CXX:-c++}" -std=c++11 $warnings $(flags --cflags critpt-file) $header.cc -o header
    else
        skip "$header.h stands alone in C++" "no C++ compiler"
    fi
done

if [ -n "$MPI_LIBS" ]; then
    cp "$top_srcdir/examples/mpi/plant.c" mpi_plant.c
    # shellcheck disable=SC2046
    run "examples/mpi/plant.c compiles and links by critpt-mpi.pc" \
        $CC $CFLAGS -Wall -Wextra -Werror mpi_plant.c -o mpi_plant \
        $(flags --cflags --libs critpt-mpi) -lm
    cp "$top_srcdir/include/critpt_mpi.h" mpi_header.c
    # shellcheck disable=SC2046
    run "critpt_mpi.h stands alone" $CC -std=c99 -Werror $(flags --cflags critpt-mpi) -c mpi_header.c
else
    skip "programs with libcritpt-mpi" "built without MPI"
fi

cat >version.c <<'END'
#include <critpt_file.h>
#include <stdio.h>

int main(void)
{
    critpt_file *file;
    critpt_status status = critpt_file_read(&file, "missing.h5");
    printf("%s, %s\n", critpt_version(), critpt_linalg_name());
    printf("%s\n", critpt_error_message()); /* the message of libcritpt-file is libcritpt's */
    return status == CRITPT_SYSTEM && critpt_error_message()[0] ? 0 : 1;
}
END
# shellcheck disable=SC2046
run "a program links both libraries" $CC $CFLAGS version.c -o version $(flags --cflags --libs critpt-file)
run "and runs, with one message for both" ./version
run "pkg-config knows the version" test "$($PKG_CONFIG --modversion critpt)" = \
    "$(sed -n 's/^# *define PACKAGE_VERSION "\(.*\)"/\1/p' "$top_builddir/config.h")"

if [ -f "$root$libdir/libcritpt.a" ]; then
    printf '#include <critpt.h>\nint main(void) { return critpt_linalg_name()[0] == 0; }\n' >static.c
    # the libraries that the build found: pkg-config --static names some that only Fortran installs
    # shellcheck disable=SC2046,SC2086
    run "a program links libcritpt.a with the shared BLAS" $CC $CFLAGS static.c -o static \
        $(flags --cflags critpt) "$root$libdir/libcritpt.a" $STATIC_LIBS
    run "and runs" ./static
else
    skip "a program links libcritpt.a" "no static library was built"
fi

for example in plant hessian; do
    cp "$top_srcdir/examples/$example.c" .
    # shellcheck disable=SC2046
    run "examples/$example.c compiles without a warning" \
        $CC $CFLAGS $warnings $example.c -o $example $(flags --cflags --libs critpt) -lm
    run "examples/$example.c runs" ./$example
done
run "the installed program runs" "$root$prefix/bin/critpt" --version

pages() {
    find "$root" -path '*/man/man*' ! -type d | sed 's|.*/||; s|\.[0-9]$||' | sort
}
pages >pages
sed -n 's/^ *\(critpt_[a-z0-9_]*\);$/\1/p' "$top_srcdir"/lib/*.map | sort >symbols
comm -13 pages symbols >without
same "every function has a manual page by its name" /dev/null without
find "$root" -type l -path '*/man/*' ! -exec test -e {} \; -print >dangling
same "no manual page is a dangling link" /dev/null dangling

# The loader's cache: stubs of ldconfig, which lists one directory, and of id.
mkdir "$scratch/bin"
cat >"$scratch/bin/ldconfig" <<'END'
#!/bin/sh
echo "ldconfig $*" >>"$scratch/calls"
[ $# -eq 0 ] || echo "/somewhere/lib: (from /etc/ld.so.conf:1)"
exit "${REFUSAL:-0}"
END
printf '#!/bin/sh\necho "$USER_ID"\n' >"$scratch/bin/id"
chmod +x "$scratch/bin/ldconfig" "$scratch/bin/id"
export scratch
loader() { # USER-ID VARIABLE...
    USER_ID=$1 && export USER_ID
    shift
    : >"$scratch/calls"
    PATH=$scratch/bin:$PATH $MAKE -s -C "$top_builddir" install-exec-hook "$@" >"$scratch/said" 2>&1
}
called() { grep -qx 'ldconfig ' "$scratch/calls"; }
loader 0 libdir=/somewhere/lib
run "make install as root tells the loader" called
loader 1000 libdir=/somewhere/lib
run "make install as another user says what root must run" \
    grep -q 'libraries in /somewhere/lib yet; as root, run: ldconfig' "$scratch/said"
run "and leaves the loader alone" sh -c '! grep -qx "ldconfig " "$0"' "$scratch/calls"
REFUSAL=1 && export REFUSAL
run "a loader that refuses is no failure" loader 0 libdir=/somewhere/lib
unset REFUSAL
run "and it is said" grep -q 'as root, run: ldconfig' "$scratch/said"
loader 0 libdir=/somewhere/lib DESTDIR="$root"
run "with DESTDIR the loader is left alone" test ! -s "$scratch/calls"
loader 0 libdir=/elsewhere/lib
run "and where it does not look" sh -c '! grep -qx "ldconfig " "$0"' "$scratch/calls"

cd "$top_builddir" || exit 99
run "make uninstall" $MAKE uninstall DESTDIR="$root"
find "$root" ! -type d >"$scratch/left"
same "nothing is left" /dev/null "$scratch/left"
tap_end
