dnl Compiler and linker flags: warnings, visibility, sanitizers, the version script.

dnl CRITPT_TRY_CFLAG(VARIABLE, FLAG): appends FLAG to VARIABLE if the compiler takes it silently.
AC_DEFUN([CRITPT_TRY_CFLAG], [
  AS_VAR_PUSHDEF([taken], [critpt_cv_cflag_$2])
  AC_CACHE_CHECK([whether $CC accepts $2], [taken], [
    critpt_save_CFLAGS=$CFLAGS
    CFLAGS="$CFLAGS -Werror $2"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM()], [AS_VAR_SET([taken], [yes])], [AS_VAR_SET([taken], [no])])
    CFLAGS=$critpt_save_CFLAGS])
  AS_VAR_IF([taken], [yes], [AS_VAR_APPEND([$1], [" $2"])])
  AS_VAR_POPDEF([taken])])

AC_DEFUN([CRITPT_COMPILER], [
  AC_ARG_ENABLE([werror], [AS_HELP_STRING([--enable-werror], [treat warnings as errors])],
                [], [enable_werror=no])
  WARN_CFLAGS=
  m4_foreach_w([flag], [-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes],
               [CRITPT_TRY_CFLAG([WARN_CFLAGS], flag)])
  AS_IF([test "x$enable_werror" = xyes], [WARN_CFLAGS="$WARN_CFLAGS -Werror"])
  AC_SUBST([WARN_CFLAGS])

  VISIBILITY_CFLAGS=
  CRITPT_TRY_CFLAG([VISIBILITY_CFLAGS], [-fvisibility=hidden])
  AC_SUBST([VISIBILITY_CFLAGS])

  dnl Same numbers on every machine: no fused multiply-add where the bits are promised.
  EXACT_CFLAGS=
  CRITPT_TRY_CFLAG([EXACT_CFLAGS], [-ffp-contract=off])
  AC_SUBST([EXACT_CFLAGS])

  dnl For loops that the compiler shall vectorise. Never -ffast-math: gcc would link a start file that
  dnl flushes to zero into the shared library.
  VECTOR_CFLAGS=
  m4_foreach_w([flag], [-O3 -fno-math-errno -ffp-contract=off],
               [CRITPT_TRY_CFLAG([VECTOR_CFLAGS], flag)])
  AC_SUBST([VECTOR_CFLAGS])])

AC_DEFUN([CRITPT_SANITIZERS], [
  AC_ARG_ENABLE([sanitizers],
    [AS_HELP_STRING([--enable-sanitizers=LIST],
                    [for tests: instrument with -fsanitize=LIST, as address,undefined or thread])],
    [], [enable_sanitizers=no])
  SANITIZER_FLAGS=
  AS_CASE([$enable_sanitizers],
    [no], [],
    [yes], [AC_MSG_ERROR([--enable-sanitizers needs a list, as address,undefined or thread])],
    [SANITIZER_FLAGS="-fsanitize=$enable_sanitizers -fno-sanitize-recover=all -fno-omit-frame-pointer"
     AC_MSG_CHECKING([whether $CC links with -fsanitize=$enable_sanitizers])
     critpt_save_CFLAGS=$CFLAGS
     CFLAGS="$CFLAGS $SANITIZER_FLAGS"
     AC_LINK_IFELSE([AC_LANG_PROGRAM()], [AC_MSG_RESULT([yes])],
       [AC_MSG_RESULT([no])
        AC_MSG_ERROR([$CC cannot link with -fsanitize=$enable_sanitizers])])
     CFLAGS=$critpt_save_CFLAGS])
  AC_SUBST([SANITIZER_FLAGS])
  AM_CONDITIONAL([SANITIZERS], [test -n "$SANITIZER_FLAGS"])])

dnl The targets in tests/fuzz have the form that libFuzzer and its like drive.
AC_DEFUN([CRITPT_FUZZING_ENGINE], [
  AC_ARG_VAR([LIB_FUZZING_ENGINE],
    [what drives the programs of tests/fuzz in place of tests/fuzz/driver.c, as -fsanitize=fuzzer of
     clang; with --enable-sanitizers=fuzzer-no-link,address,undefined])
  AM_CONDITIONAL([FUZZING_ENGINE], [test -n "$LIB_FUZZING_ENGINE"])])

AC_DEFUN([CRITPT_VERSION_SCRIPT], [
  AC_CACHE_CHECK([whether the linker takes --version-script], [critpt_cv_version_script], [
    echo 'TEST { global: main; local: *; };' >conftest.map
    critpt_save_LDFLAGS=$LDFLAGS
    LDFLAGS="$LDFLAGS -Wl,--version-script=conftest.map"
    AC_LINK_IFELSE([AC_LANG_PROGRAM()], [critpt_cv_version_script=yes], [critpt_cv_version_script=no])
    LDFLAGS=$critpt_save_LDFLAGS
    rm -f conftest.map])
  AM_CONDITIONAL([VERSION_SCRIPT], [test "x$critpt_cv_version_script" = xyes])])
