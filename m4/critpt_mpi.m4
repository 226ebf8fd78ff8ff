dnl MPI, for libcritpt-mpi alone: the user's flags, a pkg-config module, or what mpicc says.
AC_DEFUN([CRITPT_MPI], [
  AC_ARG_WITH([mpi], [AS_HELP_STRING([--without-mpi],
    [leave libcritpt-mpi out, which is built where MPI is found; --with-mpi: fail where it is not])],
    [], [with_mpi=check])
  AC_ARG_VAR([MPI_CFLAGS], [C compiler flags for MPI])
  AC_ARG_VAR([MPI_LIBS], [linker flags for MPI])
  AC_ARG_VAR([MPICC], [a compiler wrapper that tells the flags for MPI (mpicc)])
  MPI_MODULE=
  critpt_mpi_found='none (libcritpt-mpi is left out)'
  AS_IF([test "$with_mpi" != no], [
    AC_MSG_CHECKING([for MPI])
    for critpt_module in ompi-c mpich mpi-c; do
      AS_IF([test -z "$MPI_LIBS$MPICC$MPI_MODULE" && test -n "$PKG_CONFIG" && $PKG_CONFIG --exists $critpt_module],
            [MPI_MODULE=$critpt_module])
    done
    AS_IF([test -n "$MPI_MODULE"],
          [MPI_CFLAGS=`$PKG_CONFIG --cflags $MPI_MODULE` MPI_LIBS=`$PKG_CONFIG --libs $MPI_MODULE`],
          [test -z "$MPI_LIBS"],
          [for critpt_word in `${MPICC-mpicc} -show 2>/dev/null`; do
             AS_CASE([$critpt_word],
                     [-I* | -D*], [MPI_CFLAGS="$MPI_CFLAGS $critpt_word"],
                     [-L* | -l* | -Wl,*], [MPI_LIBS="$MPI_LIBS $critpt_word"])
           done])
    critpt_save_CPPFLAGS=$CPPFLAGS
    critpt_save_LIBS=$LIBS
    CPPFLAGS="$CPPFLAGS $MPI_CFLAGS"
    LIBS="$MPI_LIBS $LIBS"
    AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <mpi.h>]],
      [[double x = 0;
        return MPI_Allreduce(MPI_IN_PLACE, &x, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);]])],
      [critpt_mpi_found="$MPI_LIBS"
       AC_MSG_RESULT([$MPI_LIBS])],
      [AC_MSG_RESULT([no])
       MPI_CFLAGS= MPI_LIBS= MPI_MODULE=
       AS_IF([test "$with_mpi" != check], [critpt_missing="$critpt_missing
    MPI (mpi.h), which --with-mpi asks for"])])
    CPPFLAGS=$critpt_save_CPPFLAGS
    LIBS=$critpt_save_LIBS])
  MPI_PC_CFLAGS= MPI_PC_LIBS=
  AS_IF([test -z "$MPI_MODULE"], [MPI_PC_CFLAGS=$MPI_CFLAGS MPI_PC_LIBS=$MPI_LIBS])
  AC_SUBST([MPI_MODULE])
  AC_SUBST([MPI_PC_CFLAGS])
  AC_SUBST([MPI_PC_LIBS])
  AM_CONDITIONAL([HAVE_MPI], [test -n "$MPI_LIBS"])])
