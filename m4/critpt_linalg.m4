dnl BLAS with its C interface, and LAPACKE. A candidate counts only if a program that uses both links;
dnl then, unless cross compiling, the program is run to see that its integers have 32 bits.

dnl The symbol names of a BLAS with 64-bit integers are the same, so only a call can tell: a count
dnl whose low half is 3 and whose high half is all ones is 3 to a 32-bit BLAS and negative to a 64-bit
dnl one. Only where the calling convention lets a callee ignore the high half.
m4_define([CRITPT_LINALG_PROGRAM], [AC_LANG_PROGRAM([[
#include <stdint.h>
#include <stdio.h>
#if defined CRITPT_MKL
#include <mkl.h>
#else
#include <cblas.h>
#include <lapacke.h>
#endif
]], [[
  double x[3] = {1, 2, 3}, tau[1], work[64];
  long index = 2;
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, 1, 1, 3, 1.0, x, 3, x, 3, 0.0, work, 1);
  if (work[0] != 14.0 || LAPACKE_dgeqrf_work(LAPACK_COL_MAJOR, 3, 1, x, 3, tau, work, 64) != 0)
    return 1;
  x[0] = 1, x[1] = 2, x[2] = 3;
#if defined __x86_64__ || defined __aarch64__
  typedef size_t probe(int64_t n, const double *x, int64_t stride);
  void (*volatile idamax)(void) = (void (*)(void))cblas_idamax;
  index = (int)((probe *)idamax)(-((int64_t)1 << 32) + 3, x, 1);
#endif
  FILE *out = fopen("conftest.width", "w");
  if (!out)
    return 1;
  fprintf(out, "%d\n", index == 2 ? 32 : 64);
  return fclose(out);
]])])

dnl CRITPT_LINALG_TRY(NAME, CFLAGS, LIBS): sets critpt_linalg_found if the candidate is good.
AC_DEFUN([CRITPT_LINALG_TRY], [
  AC_MSG_CHECKING([for BLAS and LAPACKE in $1])
  critpt_save_CPPFLAGS=$CPPFLAGS
  critpt_save_LIBS=$LIBS
  LIBS="$3 $LIBS"
  critpt_result=no
  for critpt_mkl in '' ' -DCRITPT_MKL'; do
    CPPFLAGS="$critpt_save_CPPFLAGS $2$critpt_mkl"
    AC_LINK_IFELSE([CRITPT_LINALG_PROGRAM], [critpt_result=links; break])
  done
  AS_IF([test $critpt_result = links], [
    rm -f conftest.width
    AC_RUN_IFELSE([CRITPT_LINALG_PROGRAM], [critpt_result=`cat conftest.width`],
                  [critpt_result='links but does not run'], [critpt_result=32])
    rm -f conftest.width])
  CPPFLAGS=$critpt_save_CPPFLAGS
  LIBS=$critpt_save_LIBS
  AS_CASE([$critpt_result],
    [32], [AC_MSG_RESULT([yes])
           critpt_linalg_found="$1"
           LINALG_CFLAGS="$2$critpt_mkl"
           LINALG_LIBS="$3"],
    [64], [AC_MSG_RESULT([no: its integers have 64 bits])
           critpt_linalg_why=' (those found have 64-bit integers, libcritpt needs 32-bit ones)'],
    [*does*], [AC_MSG_RESULT([no: it links, but the program does not run])
           critpt_linalg_why=' (those found link but do not run: see config.log; is LD_LIBRARY_PATH set?)'],
    [AC_MSG_RESULT([no])])])

AC_DEFUN([CRITPT_LINALG_TRY_MODULES], [
  AS_IF([test -n "$PKG_CONFIG" && $PKG_CONFIG --exists "$1" 2>/dev/null], [
    critpt_cflags=`$PKG_CONFIG --cflags "$1"`
    critpt_libs=`$PKG_CONFIG --libs "$1"`
    CRITPT_LINALG_TRY([$1], [$critpt_cflags], [$critpt_libs])
    AS_IF([test -n "$critpt_linalg_found"], [LINALG_MODULES="$1"])])])

AC_DEFUN([CRITPT_LINALG], [
  AC_ARG_WITH([linalg],
    [AS_HELP_STRING([--with-linalg=MODULES],
       [pkg-config modules for BLAS and LAPACKE, as "lapacke blas" (default: the first that works)])],
    [AS_CASE([$with_linalg], [yes|no], [AC_MSG_ERROR([--with-linalg needs pkg-config modules])])],
    [with_linalg=])
  AC_ARG_VAR([LINALG_CFLAGS], [C compiler flags for BLAS and LAPACKE, with LINALG_LIBS])
  AC_ARG_VAR([LINALG_LIBS], [linker flags for BLAS and LAPACKE, instead of looking for them])
  AC_SUBST([LINALG_MODULES])
  critpt_linalg_found= critpt_linalg_why=
  AS_IF([test -n "$with_linalg"], [
      CRITPT_LINALG_TRY_MODULES([$with_linalg])
      AS_IF([test -z "$critpt_linalg_found"],
        [AC_MSG_ERROR([--with-linalg="$with_linalg" does not give a usable BLAS and LAPACKE$critpt_linalg_why; see config.log])])],
    [test -n "$LINALG_LIBS"], [
      CRITPT_LINALG_TRY([$LINALG_LIBS], [$LINALG_CFLAGS], [$LINALG_LIBS])
      AS_IF([test -z "$critpt_linalg_found"],
        [AC_MSG_ERROR([LINALG_LIBS="$LINALG_LIBS" does not give a usable BLAS and LAPACKE$critpt_linalg_why; see config.log])])],
    [AS_IF([test -n "$LIBS"], [CRITPT_LINALG_TRY([LIBS], [], [])])
     for critpt_modules in 'lapacke cblas' 'lapacke blas' flexiblas openblas; do
       AS_IF([test -z "$critpt_linalg_found"], [CRITPT_LINALG_TRY_MODULES([$critpt_modules])])
     done
     for critpt_flags in '-llapacke -lblas' -lopenblas; do
       AS_IF([test -z "$critpt_linalg_found"], [CRITPT_LINALG_TRY([$critpt_flags], [], [$critpt_flags])])
     done
     AS_IF([test -z "$critpt_linalg_found"],
       [critpt_missing="$critpt_missing
    BLAS (cblas.h) and LAPACKE (lapacke.h)$critpt_linalg_why"])])
  dnl What a static link needs, in critpt.pc: modules where they were used, flags otherwise.
  AS_IF([test -n "$LINALG_MODULES"], [LINALG_PC_LIBS=], [LINALG_PC_LIBS=$LINALG_LIBS])
  AC_SUBST([LINALG_PC_LIBS])])

dnl Vectorised elementary functions of glibc.
AC_DEFUN([CRITPT_LIBMVEC], [
  MVEC_LIBS=
  critpt_libmvec_found='none (plain loops)'
  AC_CHECK_LIB([mvec], [_ZGVdN4v_expm1], [
    MVEC_LIBS=-lmvec
    critpt_libmvec_found=libmvec
    AC_DEFINE([HAVE_LIBMVEC], [1], [Define to 1 if libmvec has _ZGVdN4v_expm1.])], [], [$LIBM])
  AC_SUBST([MVEC_LIBS])])

dnl Tells which library a function came from, so that the BLAS at work can be named.
AC_DEFUN([CRITPT_DLADDR], [
  DL_LIBS=
  critpt_save_LIBS=$LIBS
  AC_SEARCH_LIBS([dladdr], [dl], [
    AC_DEFINE([HAVE_DLADDR], [1], [Define to 1 if dladdr works.])
    AS_CASE([$ac_cv_search_dladdr], [none*], [], [DL_LIBS=$ac_cv_search_dladdr])])
  LIBS=$critpt_save_LIBS
  AC_SUBST([DL_LIBS])])
