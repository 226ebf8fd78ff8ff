dnl Libraries of libcritpt-file, of the program and of the tests.

dnl CRITPT_LIBRARY(VARIABLE, MODULES, HEADER, FUNCTION, LIBRARY, NAME [, CONDITION, VERSION]): the first
dnl of the pkg-config modules that exists, or else plain -lLIBRARY; sets VARIABLE_CFLAGS, _LIBS and
dnl _MODULE. Where the preprocessor's CONDITION fails the header is older than the VERSION needed.
AC_DEFUN([CRITPT_LIBRARY], [
  AC_ARG_VAR([$1_CFLAGS], [C compiler flags for $6])
  AC_ARG_VAR([$1_LIBS], [linker flags for $6])
  $1_MODULE=
  AC_MSG_CHECKING([for $6])
  AS_IF([test -z "$$1_LIBS"], [
    for critpt_module in $2; do
      AS_IF([test -z "$$1_MODULE" && test -n "$PKG_CONFIG" && $PKG_CONFIG --exists $critpt_module], [
        $1_MODULE=$critpt_module
        $1_CFLAGS=`$PKG_CONFIG --cflags $critpt_module`
        $1_LIBS=`$PKG_CONFIG --libs $critpt_module`])
    done
    AS_IF([test -z "$$1_LIBS"], [$1_LIBS=-l$5])])
  critpt_save_CPPFLAGS=$CPPFLAGS
  critpt_save_LIBS=$LIBS
  CPPFLAGS="$CPPFLAGS $$1_CFLAGS"
  LIBS="$$1_LIBS $LIBS"
  AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <stddef.h>
#include <stdint.h>
#include <$3>]], [[return (void (*)(void))$4 == 0;]])],
    [critpt_result="$$1_LIBS"
     m4_ifval([$7], [AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <$3>
#if !($7)
#error too old
#endif
]])], [], [critpt_result="no: it is older than $8"
           critpt_missing="$critpt_missing
    $6 ($3) $8 or later: the one found is older"])])
     AC_MSG_RESULT([$critpt_result])],
    [AC_MSG_RESULT([no])
     critpt_missing="$critpt_missing
    $6 ($3)"])
  CPPFLAGS=$critpt_save_CPPFLAGS
  LIBS=$critpt_save_LIBS
  AC_SUBST([$1_MODULE])])

AC_DEFUN([CRITPT_FILE_LIBRARIES], [
  CRITPT_LIBRARY([HDF5], [hdf5 hdf5-serial], [hdf5.h], [H5Fopen], [hdf5], [HDF5],
    [H5_VERSION_GE(1, 10, 5)], [1.10.5])
  CRITPT_LIBRARY([JANSSON], [jansson], [jansson.h], [json_loadb], [jansson], [Jansson])
  CRITPT_LIBRARY([CSV], [], [csv.h], [csv_parse], [csv], [libcsv])
  CRITPT_LIBRARY([ZLIB], [zlib], [zlib.h], [gzread], [z], [zlib])
  AS_IF([test -n "$HDF5_MODULE"], [HDF5_PC_LIBS=], [HDF5_PC_LIBS=$HDF5_LIBS])
  AS_IF([test -n "$ZLIB_MODULE"], [ZLIB_PC_LIBS=], [ZLIB_PC_LIBS=$ZLIB_LIBS])
  AC_SUBST([HDF5_PC_LIBS])
  AC_SUBST([ZLIB_PC_LIBS])])

dnl Where long double is no wider than double, critpt verify needs __float128.
AC_DEFUN([CRITPT_QUADMATH], [
  QUADMATH_CPPFLAGS= QUADMATH_LIBS=
  AC_CACHE_CHECK([whether long double is wider than double], [critpt_cv_wide_long_double],
    [AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <float.h>]],
                                        [[char wide[LDBL_MANT_DIG >= 64 ? 1 : -1]; return wide != 0;]])],
                       [critpt_cv_wide_long_double=yes], [critpt_cv_wide_long_double=no])])
  AS_IF([test $critpt_cv_wide_long_double = no], [
    critpt_save_LIBS=$LIBS
    LIBS="-lquadmath $LIBS"
    AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <quadmath.h>]], [[__float128 x = 2; return sqrtq(x) > 2;]])],
                   [QUADMATH_CPPFLAGS=-DHAVE_QUADMATH QUADMATH_LIBS=-lquadmath])
    LIBS=$critpt_save_LIBS])
  AC_SUBST([QUADMATH_CPPFLAGS])
  AC_SUBST([QUADMATH_LIBS])])

dnl The tests need Check; what else they use they skip, loudly, where it is missing.
AC_DEFUN([CRITPT_TEST_TOOLS], [
  critpt_check_found='none: make check needs the Check library'
  PKG_CHECK_MODULES([CHECK], [check >= 0.11], [critpt_check_found="Check $CHECK_LIBS"], [:])
  AM_CONDITIONAL([HAVE_CHECK], [test -n "$CHECK_LIBS"])
  AC_PROG_AWK
  PTHREAD_LIBS=
  AC_CHECK_FUNC([pthread_create], [], [AC_CHECK_LIB([pthread], [pthread_create],
                                                    [PTHREAD_LIBS=-lpthread])])
  AC_SUBST([PTHREAD_LIBS])
  AC_ARG_VAR([PYTHON3], [python3 for tests against PyTorch; h5py and torch are looked for])
  critpt_python_found='none (comparisons with PyTorch will be skipped)'
  AS_IF([test -z "$PYTHON3"], [
    for critpt_python in python3 /usr/bin/python3; do
      AS_IF([test -z "$PYTHON3" && $critpt_python -c 'import torch, h5py' >/dev/null 2>&1],
            [PYTHON3=$critpt_python critpt_python_found="$critpt_python with torch and h5py"])
    done
    AS_IF([test -z "$PYTHON3" && python3 -c '' >/dev/null 2>&1],
          [PYTHON3=python3 critpt_python_found="python3 without torch or h5py (comparisons will be skipped)"])],
    [critpt_python_found=$PYTHON3])
  AM_CONDITIONAL([HAVE_PYTHON3], [test -n "$PYTHON3"])])

AC_DEFUN([CRITPT_REPORT_MISSING], [
  AS_IF([test -n "$critpt_missing"],
    [AC_MSG_ERROR([these libraries were not found:
$critpt_missing

  $srcdir/bootstrap --check names the packages; $srcdir/bootstrap --install-deps installs them.
  Libraries in unusual places: PKG_CONFIG_PATH, CPPFLAGS and LDFLAGS, or --with-linalg=MODULES.])])])
