/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What the files of the minibpf command share. */
#ifndef CLI_H
#define CLI_H

#include <minibpf.h>

#pragma GCC poison u8 u16 u32 u64 s8 s16 s32 s64

/**
 * struct command - a word of the command line and what it does
 * @name: may be abbreviated; the first that fits is meant
 * @run: 0, or 1 after fail() or usage_error(); @args are the words behind it
 * @usage: of those words
 */
struct args;
struct command {
	const char *name;
	int (*run)(struct args *args);
	const char *usage;
};

/* main.c */
extern const struct command prog_commands[], map_commands[], link_commands[], btf_commands[],
			    feature_commands[];
int run_command(const char *noun, const struct command *commands, struct args *args);
int do_trace(struct args *args);
int do_run_program(struct args *args);

/* Whether @word is an abbreviation of @full, or it itself. */
bool is_prefix(const char *word, const char *full);

/* args.c: the words still to be read */
struct args {
	char **words;
	int nr;
};

const char *args_peek(const struct args *args);		/* NULL: no more */
const char *args_next(struct args *args);		/* NULL: no more */
bool args_take(struct args *args, const char *word);	/* takes it if it comes next */
int args_number(struct args *args, const char *what, uint32_t *value);
int args_word(struct args *args, const char *what, const char **word);
int args_end(const struct args *args);			/* usage_error() if there are more */

/* "id N", "name X" or "pinned P": a descriptor, or -1 after an error. */
int args_object(struct args *args, enum minibpf_kind kind);

/* Bytes up to one of @stops (NULL-terminated) or the end; see minibpf(1), "DATA". */
int args_data(struct args *args, const char *what, const char *const *stops, void *data,
	      uint32_t size);

/*
 * object.c: on the object that @args name; 0, or 1 after an error. object_show() shows all of
 * a kind if they name none; @what are they, in the plural. @failure is said when @call fails.
 */
int object_show(struct args *args, enum minibpf_kind kind, const char *what, int (*show)(int fd));
int object_call(struct args *args, enum minibpf_kind kind, int (*call)(int fd),
		const char *failure);
int object_pin(struct args *args, enum minibpf_kind kind);

/* error.c: each returns 1 */
__attribute__((format(printf, 1, 2)))
int usage_error(const char *format, ...);

/* @err: negative errno. Says what failed, why, and what to do about it. */
__attribute__((format(printf, 2, 3)))
int fail(int err, const char *format, ...);

/* The same, with the text that the loader or verifier left. */
__attribute__((format(printf, 3, 4)))
int fail_log(int err, const struct minibpf_log *log, const char *format, ...);

/* fail() for attaching to @target and @nr - 1 others. */
int fail_attach(int err, const char *target, uint32_t nr);

/*
 * The end of a list and a missing device have the same errno: 0 if it is the
 * former, else fail().
 */
int fail_without_backend(int err);

/* out.c: a list as a table for people or as JSON; what comes first of each row names columns */
extern bool out_json, out_pretty;

void out_begin(void);
void out_row(void);
void out_end(void);

/*
 * A field of the row. @key: its name in JSON, NULL: not there. @column: title
 * of its column, NULL: not there.
 */
void out_text(const char *key, const char *column, const char *value);
void out_number(const char *key, const char *column, unsigned long long value);
void out_bool(const char *key, const char *column, bool value);
void out_numbers(const char *key, const char *column, const uint32_t *values, uint32_t nr);

/* JSON alone */
void json_open(const char *key, char bracket);
void json_close(char bracket);
void json_text(const char *key, const char *value);
void json_number(const char *key, unsigned long long value);
void json_bytes(const char *key, const void *data, uint32_t size);
void json_finish(void);

/* names.c */
const char *map_type_name(uint32_t type);	/* NULL: unknown */
int map_type_number(const char *name);		/* -1: unknown */
bool map_is_percpu(uint32_t type);
const char *strategy_name(uint32_t strategy);

/*
 * symbols.c: what the kernel calls some addresses. Say which are wanted, read
 * its table once, ask for names.
 */
#define SYMBOL_LEN 256

struct symbol;
struct symbols {
	struct symbol *list;
	uint32_t nr;
};

void symbols_want(struct symbols *symbols, uint64_t addr);
void symbols_read(struct symbols *symbols);
void symbols_free(struct symbols *symbols);

/* @name is of SYMBOL_LEN; gets the number where there is no name. Returns @name. */
const char *symbol_name(const struct symbols *symbols, uint64_t addr, char *name);

/* wait.c: until the user has had enough (SIGINT, SIGTERM) */
void wait_for_signal(void);

/* dump.c */
int do_prog_dump(struct args *args);

#endif /* CLI_H */
