/*
 * A temporary folder with a small universe and playbook, in which tests write configurations.
 *
 * universe.csv: META and MSFT (hyperscaler), CRWV (neocloud), SPY (index). One folder a process.
 */
#ifndef AST_CONFIG_FOLDER_H
#define AST_CONFIG_FOLDER_H

#include "core/config.h"

/* cmocka group fixtures. */
int ast_config_folder_make(void **state);
int ast_config_folder_remove(void **state);

const char *ast_config_folder(void);
/* Write a file of the folder; a later one of the same name replaces it. */
void ast_config_write(const char *name, const char *text);
/* The path of a file of the folder, in one of four buffers that take turns. */
const char *ast_config_path(const char *name);

/* Write text as a.yaml and load it: the result and *config of as_config_load. */
int ast_config_load(const char *text, as_config **config);
/* The same, and the test fails if it does not load. text comes after the universe and the playbook. */
as_config *ast_config_good(const char *text);
/* It must be refused with "FOLDER/a.yaml:" and message. text is the whole file. */
void ast_config_refused(const char *text, const char *message);

/* The two lines that every configuration needs. */
#define AST_CONFIG_FILES "universe: universe.csv\nplaybook: playbook.yaml\n"

#endif
