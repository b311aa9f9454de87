/* What a shell may put in the place of an unfinished word. */
#pragma once

/* Prints it for the words of a command line after "dynamount", the last of which
 * is the unfinished one: a line that says what else the shell shall add ("files",
 * "directories" or "nothing"), then a candidate a line. One that ends with '='
 * or '/' is to be gone on with. */
void complete_print(int argc, char **argv);
