dnl Optimisers that critpt race runs beside its own, each where it is found.

dnl CRITPT_OPTIMISER(VARIABLE, NAME, MODULE, HEADER, FUNCTION, LIBRARY): the pkg-config module or plain
dnl -lLIBRARY; appends to RACE_CPPFLAGS and RACE_LIBS, and NAME with its version to critpt_race_found.
AC_DEFUN([CRITPT_OPTIMISER], [
  AC_MSG_CHECKING([for $2])
  critpt_flags= critpt_libs= critpt_version=
  AS_IF([test -n "$3" && test -n "$PKG_CONFIG" && $PKG_CONFIG --exists "$3"],
        [critpt_flags=`$PKG_CONFIG --cflags $3` critpt_libs=`$PKG_CONFIG --libs $3`
         critpt_version=`$PKG_CONFIG --modversion $3`])
  AS_IF([test -z "$critpt_libs"], [critpt_libs=-l$6])
  critpt_save_CPPFLAGS=$CPPFLAGS
  critpt_save_LIBS=$LIBS
  CPPFLAGS="$CPPFLAGS $critpt_flags"
  LIBS="$critpt_libs $LIBS"
  AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <$4>]], [[return (void (*)(void))$5 == 0;]])],
    [AC_MSG_RESULT([$critpt_libs])
     RACE_CPPFLAGS="$RACE_CPPFLAGS $critpt_flags -DHAVE_$1"
     AS_IF([test -n "$critpt_version"],
           [RACE_CPPFLAGS="$RACE_CPPFLAGS -D$1_VERSION_TEXT='\"$critpt_version\"'"])
     RACE_LIBS="$RACE_LIBS $critpt_libs"
     critpt_race_found="$critpt_race_found $2"],
    [AC_MSG_RESULT([no])
     critpt_race_missing="$critpt_race_missing $2"])
  CPPFLAGS=$critpt_save_CPPFLAGS
  LIBS=$critpt_save_LIBS])

AC_DEFUN([CRITPT_RACE], [
  AC_ARG_WITH([optimisers], [AS_HELP_STRING([--without-optimisers],
    [leave NLopt, cminpack and liblbfgs out of critpt race, which has those that are found])],
    [], [with_optimisers=yes])
  RACE_CPPFLAGS= RACE_LIBS= critpt_race_found= critpt_race_missing=
  AS_IF([test "$with_optimisers" != no], [
    CRITPT_OPTIMISER([NLOPT], [NLopt], [nlopt], [nlopt.h], [nlopt_create], [nlopt])
    CRITPT_OPTIMISER([CMINPACK], [cminpack], [cminpack], [cminpack.h], [lmder], [cminpack])
    CRITPT_OPTIMISER([LIBLBFGS], [liblbfgs], [], [lbfgs.h], [lbfgs], [lbfgs])],
    [critpt_race_missing=' all'])
  AS_IF([test -n "$critpt_race_missing"], [critpt_race_found="$critpt_race_found (without$critpt_race_missing)"])
  AC_SUBST([RACE_CPPFLAGS])
  AC_SUBST([RACE_LIBS])])
