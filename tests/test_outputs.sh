#!/bin/sh
# Every output of the program: written beside its name under a name of its own, put in place as a
# whole; nothing but regular files is replaced, links stay, and what fails leaves the earlier file.
. "$top_srcdir/tests/tap.sh"
cd "$scratch" || exit 99
LC_ALL=C && export LC_ALL

echo '{"model": {"widths": [2, 2, 1], "activations": ["tanh", "identity"]},
 "inputs": {"normal": {"samples": 30}}, "seed": 5, "points": [{}, {}]}' >spec.json
"$CRITPT" plant spec.json -o in.h5 --quiet || exit 99

# write KIND PATH: an output of this kind.
write() {
    case $1 in
    plant) "$CRITPT" plant spec.json -o "$2" --quiet ;;
    spectrum) "$CRITPT" spectrum in.h5 --csv "$2" ;;
    slice) "$CRITPT" slice in.h5 --through 0,1 --grid 5000 --csv "$2" ;;
    picture) "$CRITPT" slice in.h5 --through 0,1 --plot "$2" ;;
    density) "$CRITPT" spectrum in.h5 --plot "$2" ;;
    export) "$CRITPT" export in.h5 --csv "$(dirname "$2")" ;;
    esac >out 2>err
}

# refuses KIND PATH WORDS: exit 4, one sentence, no temporary left.
refuses() {
    write "$1" "$2"
    found=$?
    if [ $found -eq 4 ] && grep -qF -e "$3" err && [ "$(wc -l <err)" -eq 1 ] &&
        [ -z "$(find . -name '*.tmp')" ]; then
        ok "$1: $3"
    else
        not_ok "$1: exit $found, $3"
        sed 's/^/# /' err
        find . -name '*.tmp' | sed 's/^/# left: /'
    fi
}

kinds='plant spectrum slice'
if command -v gnuplot >/dev/null; then kinds="$kinds picture density"; fi

for kind in $kinds; do
    case $kind in picture) end=.png ;; density) end=.svg ;; *) end= ;; esac
    mkfifo fifo-$kind$end
    refuses $kind fifo-$kind$end "cannot write fifo-$kind$end: it exists and is not a regular file"
    run "$kind: the FIFO is still there" test -p fifo-$kind$end
    mkdir directory-$kind$end
    refuses $kind directory-$kind$end 'it exists and is not a regular file'
    refuses $kind nowhere/x$end 'No such file or directory'
    ln -s loop-$kind$end loop-$kind$end
    refuses $kind loop-$kind$end 'symbolic links'

    echo notes >file-$kind$end.tmp
    run "$kind: works" write $kind file-$kind$end
    run "$kind: what is called .tmp is another's" grep -q notes file-$kind$end.tmp
    rm file-$kind$end.tmp

    mkdir far-$kind
    echo precious >far-$kind/target$end
    ln -s far-$kind/target$end link-$kind$end
    run "$kind: through a link" write $kind link-$kind$end
    run "$kind: the link is one" test -L link-$kind$end
    run "$kind: its target is the output" test "$(wc -c <far-$kind/target$end)" -gt 20
    ln -s far-$kind/new$end dangling-$kind$end
    run "$kind: through a link to nothing" write $kind dangling-$kind$end
    run "$kind: which is there now" test -s far-$kind/new$end
    run "$kind: the link to it is one" test -L dangling-$kind$end

    [ "$kind" = spectrum ] && continue # is shorter than a block
    echo earlier >full-$kind$end
    run "$kind: a file-size limit is exit 4" sh -c '
        ulimit -Sf 1
        case $1 in
        plant) "$CRITPT" plant spec.json -o "$2" --quiet ;;
        slice) "$CRITPT" slice in.h5 --through 0,1 --grid 5000 --csv "$2" ;;
        picture) "$CRITPT" slice in.h5 --through 0,1 --plot "$2" ;;
        density) "$CRITPT" spectrum in.h5 --plot "$2" ;;
        esac 2>limit.err
        test $? -eq 4' sh $kind full-$kind$end
    run "$kind: which leaves the earlier file" grep -q earlier full-$kind$end
    run "$kind: and nothing else" test -z "$(find . -name '*.tmp')"
done

if [ -w /dev/null ] && [ "$(id -u)" -eq 0 ] && mknod device c 1 3 2>/dev/null; then
    refuses spectrum device 'it exists and is not a regular file'
    run 'the device is still one' test -c device
else
    skip 'a device is refused' 'NO DEVICE CAN BE MADE here'
fi

# Exports: all files or none.
mkdir occupied
mkfifo occupied/weights.csv
refuses export occupied/. 'it exists and is not a regular file'
run 'nothing of it is there' test "$(ls occupied)" = weights.csv
run 'one output, twice, is refused' sh -c '
    "$CRITPT" spectrum in.h5 --csv both.svg --plot both.svg 2>err; test $? -eq 2 && grep -q twice err'

# Streams that are closed are not taken for outputs.
run 'a closed standard output is exit 4' sh -c '
    "$CRITPT" spectrum in.h5 --csv closed.csv >&- 2>closed.err; test $? -eq 4'
run 'what was printed is not in the output' sh -c '! grep -q "[a-df-z]" closed.csv'
run 'a closed standard error is no failure' sh -c '
    "$CRITPT" spectrum in.h5 --csv closed.csv >/dev/null 2>&-'

# Two writers: the file is the one's or the other's.
for round in 1 2 3 4 5; do
    "$CRITPT" slice in.h5 --through 0,1 --grid 20000 --csv two.csv >/dev/null &
    "$CRITPT" slice in.h5 --through 1,0 --grid 10000 --csv two.csv >/dev/null
    wait
    lines=$(wc -l <two.csv)
    run "two writers, round $round: the output is one of theirs" test "$lines" -eq 30001 -o "$lines" -eq 15001
done

# A gnuplot that ends well without a whole picture.
mkdir bin
printf '#!/bin/sh\ncat >/dev/null\nprintf "<svg>half of a picture"\n' >bin/gnuplot
chmod +x bin/gnuplot
echo earlier >half.svg
run 'half a picture is no picture' sh -c '
    PATH=$PWD/bin:$PATH "$CRITPT" slice in.h5 --through 0,1 --plot half.svg 2>err
    test $? -eq 4 && grep -q "gnuplot cannot draw half.svg" err'
run 'the earlier one is there' grep -q earlier half.svg

# A full disk, where one can be mounted.
mkdir disk
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=64k tmpfs disk 2>/dev/null; then
    for kind in $kinds; do
        case $kind in picture) end=.png ;; density) end=.svg ;; *) end= ;; esac
        [ "$kind" = spectrum ] && continue
        rm -f disk/*
        echo earlier >disk/file$end
        cat /dev/zero >disk/filler 2>/dev/null
        write $kind disk/file$end
        found=$?
        if [ $found -eq 4 ] && grep -q earlier disk/file$end && [ -z "$(ls disk/*.tmp 2>/dev/null)" ]
        then ok "$kind: a full disk"; else
            not_ok "$kind: a full disk, exit $found"
            sed 's/^/# /' err
        fi
    done
    umount disk
else
    skip 'a full disk' 'NO FILE SYSTEM CAN BE MOUNTED here'
fi
tap_end
