/* What is said of an item, and its type: numbers, or strings of variable length. */
#include <stdarg.h>
#include <stdio.h>

#include "file/file.h"

critpt_status cpt_file_bad_item(const cpt_file_item *item, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return cpt_error(CRITPT_INVALID_ARGUMENT, "%s: %s %s", item->reader->path, item->name, text);
}

critpt_status cpt_file_damaged_item(const cpt_file_item *item)
{
    return cpt_file_bad_item(item, "cannot be read; the file is damaged");
}

hid_t cpt_file_type_of(const cpt_file_item *item)
{
    return item->attribute ? H5Aget_type(item->id) : H5Dget_type(item->id);
}

/* All bits lie in the number, whose order is a machine's of today. */
static bool is_plain(hid_t type, size_t largest)
{
    size_t size = H5Tget_size(type), bits = 8 * size, precision = H5Tget_precision(type);
    int offset = H5Tget_offset(type);
    H5T_order_t order = H5Tget_order(type);
    return size && size <= largest && precision && precision <= bits && offset >= 0 &&
           (size_t)offset <= bits - precision && (order == H5T_ORDER_LE || order == H5T_ORDER_BE);
}

/* Sign, exponent and mantissa lie in the number, and conversions know such exponents. */
static bool has_plain_fields(hid_t type)
{
    enum { LARGEST_EXPONENT = 15 }; /* bits */
    size_t sign, exponent, exponent_size, mantissa, mantissa_size;
    size_t precision = H5Tget_precision(type);
    return H5Tget_fields(type, &sign, &exponent, &exponent_size, &mantissa, &mantissa_size) >= 0 &&
           sign < precision && exponent_size && exponent_size <= LARGEST_EXPONENT &&
           exponent < precision && exponent_size <= precision - exponent && mantissa_size &&
           mantissa < precision && mantissa_size <= precision - mantissa;
}

cpt_file_class cpt_file_class_of(const cpt_file_item *item)
{
    hid_t type = cpt_file_type_of(item);
    H5T_class_t class = type < 0 ? H5T_NO_CLASS : H5Tget_class(type);
    cpt_file_class found = CPT_FILE_OTHER;
    if (class == H5T_INTEGER && is_plain(type, 8))
        found = CPT_FILE_NUMBERS;
    if (class == H5T_FLOAT && is_plain(type, 16) && has_plain_fields(type))
        found = CPT_FILE_NUMBERS;
    if (class == H5T_STRING && H5Tis_variable_str(type) > 0)
        found = CPT_FILE_STRINGS;
    if (type >= 0)
        H5Tclose(type);
    return found;
}
