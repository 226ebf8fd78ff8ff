#!/bin/sh
# bootstrap on systems where nothing is there but a package manager, which is a stub that writes down
# how it is called: recommended packages stay away, and the size is said before anything is fetched.
. "$top_srcdir/tests/tap.sh"
tools="sh dirname id tr grep awk env sed cat"

# system MANAGER: a directory of programs with this package manager as its only other one.
system() {
    mkdir "$scratch/$1" || exit 99
    for tool in $tools; do
        printf '#!%s\nexec %s "$@"\n' "$(command -v sh)" "$(command -v $tool)" >"$scratch/$1/$tool"
    done
    printf '#!%s\necho 0\n' "$(command -v sh)" >"$scratch/$1/id" # root
    cat >"$scratch/$1/$1"
    chmod +x "$scratch/$1"/*
}

# bootstraps MANAGER: runs bootstrap there, which must end with what is still missing.
bootstraps() {
    cp "$top_srcdir/bootstrap" "$scratch/bootstrap"
    PATH=$scratch/$1 CALLS=$scratch/$1.calls "$(command -v sh)" "$scratch/bootstrap" --install-deps \
        >"$scratch/out" 2>"$scratch/err"
    if [ $? -eq 1 ] && grep -q 'bootstrap: missing tools' "$scratch/err"; then ok "$1 was run"; else
        not_ok "$1 was run"
        sed 's/^/# /' "$scratch/out" "$scratch/err"
    fi
}

# calls MANAGER PATTERN...: it was called like this, in this order, and in no other way.
calls() {
    manager=$1
    shift
    for pattern; do printf '%s\n' "$pattern"; done >"$scratch/patterns"
    same "$manager: the calls, in their order" "$scratch/patterns" "$scratch/$manager.calls"
}

says() {
    if grep -qF -e "$*" "$scratch/out"; then ok "prints $*"; else
        not_ok "prints $*"
        sed 's/^/# /' "$scratch/out"
    fi
}

# In all stubs: an option is written down, a package is not.
head='#!/bin/sh
for word; do case $word in install|update|-*|%s) options="$options $word";; esac; done
echo "${options# }" >>"$CALLS"
case $options in'

system apt-get <<END
$head
*--assume-no*) echo "Need to get 100 MB of archives."; echo "After this operation, 400 MB"; exit 1 ;;
esac
END
bootstraps apt-get
calls apt-get update 'install --assume-no --no-install-recommends' 'install -y --no-install-recommends'
says 'Need to get 100 MB of archives.'
says 'After this operation, 400 MB'

system dnf <<END
$head
*--assumeno*) echo "Total download size: 90 M"; echo "Installed size: 300 M"; exit 1 ;;
esac
END
bootstraps dnf
calls dnf 'install --assumeno --setopt=install_weak_deps=False' \
    'install -y --setopt=install_weak_deps=False'
says 'Total download size: 90 M'

system pacman <<END
$head
*--print*) echo 1500000; echo 2600000 ;;
esac
END
bootstraps pacman
calls pacman '-S --needed --print --print-format %s' '-S --needed --noconfirm'
says '4.1 MB to download'

system brew <<END
$head
*--dry-run*) echo "Would install 9 formulae" ;;
esac
END
bootstraps brew
calls brew 'install --dry-run' install
says 'Would install 9 formulae'

# a manager that tells nothing stops nothing
rm -r "$scratch/apt-get" "$scratch/apt-get.calls"
system apt-get <<END
$head
*--assume-no*) exit 1 ;;
esac
END
bootstraps apt-get
says 'the package manager does not say how much there is to fetch'
calls apt-get update 'install --assume-no --no-install-recommends' 'install -y --no-install-recommends'
tap_end
