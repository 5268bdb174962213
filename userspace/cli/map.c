// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* minibpf map: create, show, and what is in them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static const char *const no_stop[] = { NULL };
static const char *const value_stop[] = { "value", NULL };
static const char *const flag_stop[] = { "any", "noexist", "exist", NULL };

/**
 * struct map - a map given on the command line
 * @info: what it is
 * @cpus: values in one element: 1, or one for each CPU
 * @stride: bytes between these
 * @key: room for a key
 * @value: room for an element
 */
struct map {
	int fd;
	struct minibpf_map_info info;
	int cpus;
	uint32_t stride;
	uint8_t *key;
	uint8_t *value;
};

static void close_map(struct map *m)
{
	free(m->key);
	free(m->value);
	if (m->fd >= 0)
		close(m->fd);
}

/* 0, or 1 after an error; then nothing is open. */
static int open_map(struct args *args, struct map *m)
{
	uint32_t len = sizeof(m->info);
	int ret;

	memset(m, 0, sizeof(*m));
	m->fd = args_object(args, MINIBPF_MAP);
	if (m->fd < 0)
		return 1;
	ret = minibpf_get_info(m->fd, &m->info, &len);
	if (ret) {
		close_map(m);
		return fail(ret, "cannot get information of the map");
	}
	m->cpus = map_is_percpu(m->info.type) ? minibpf_nr_cpus() : 1;
	if (m->cpus < 1) {
		close_map(m);
		return fail(m->cpus, "cannot find out how many CPUs there are: is sysfs mounted?");
	}
	m->stride = m->cpus > 1 || map_is_percpu(m->info.type) ?
		    (m->info.value_size + 7) & ~7u : m->info.value_size;
	m->key = calloc(1, m->info.key_size + 1);
	m->value = calloc(m->cpus, m->stride + 1);
	if (m->key && m->value)
		return 0;
	close_map(m);
	return fail(-ENOMEM, "map");
}

static int show_fd(int fd)
{
	char name[MINIBPF_OBJ_NAME_LEN + 1] = "", flags[16];
	struct minibpf_map_info info;
	uint32_t len = sizeof(info);
	int ret;

	memset(&info, 0, sizeof(info));
	ret = minibpf_get_info(fd, &info, &len);
	if (ret)
		return fail(ret, "cannot get information of a map");
	memcpy(name, info.name, MINIBPF_OBJ_NAME_LEN);
	snprintf(flags, sizeof(flags), "0x%x", info.map_flags);
	out_row();
	out_number("id", "ID", info.id);
	if (map_type_name(info.type))
		out_text("type", "TYPE", map_type_name(info.type));
	else
		out_number("type", "TYPE", info.type);
	out_text("name", "NAME", name);
	out_number("flags", NULL, info.map_flags);
	out_text(NULL, "FLAGS", flags);
	out_number("bytes_key", "KEY", info.key_size);
	out_number("bytes_value", "VALUE", info.value_size);
	out_number("max_entries", "ENTRIES", info.max_entries);
	return 0;
}

static int do_show(struct args *args)
{
	return object_show(args, MINIBPF_MAP, "maps", show_fd);
}

static int do_create(struct args *args)
{
	struct minibpf_map_opts opts = { .type = 0 };
	const char *pin, *word;
	int fd, ret;

	if (args_word(args, "name of the pin", &pin))
		return 1;
	while (args->nr) {
		if (args_take(args, "type")) {
			if (args_word(args, "type", &word))
				return 1;
			if (map_type_number(word) < 0)
				return usage_error("type '%s': see minibpf feature", word);
			opts.type = map_type_number(word);
		} else if (args_take(args, "key")) {
			ret = args_number(args, "key size", &opts.key_size);
		} else if (args_take(args, "value")) {
			ret = args_number(args, "value size", &opts.value_size);
		} else if (args_take(args, "entries")) {
			ret = args_number(args, "entries", &opts.max_entries);
		} else if (args_take(args, "flags")) {
			ret = args_number(args, "flags", &opts.flags);
		} else if (args_take(args, "name")) {
			ret = args_word(args, "name", &opts.name);
		} else {
			return args_end(args);
		}
		if (ret)
			return 1;
	}
	fd = minibpf_map_create(&opts);
	if (fd < 0)
		return fail(fd, "cannot create the map");
	ret = minibpf_pin(fd, pin);
	close(fd);
	return ret ? fail(ret, "cannot pin the map as '%s'", pin) : 0;
}

static void print_bytes(const uint8_t *data, uint32_t size)
{
	uint32_t i;

	for (i = 0; i < size; i++)
		printf(" %02x", data[i]);
}

/* As a number too, where it has a number's size. */
static void print_number(const uint8_t *data, uint32_t size)
{
	uint64_t value = 0;

	if (size == 1 || size == 2 || size == 4 || size == 8) {
		memcpy(&value, data, size);
		printf(" (%llu)", (unsigned long long)value);
	}
}

static void print_element(const struct map *m)
{
	int cpu;

	if (out_json) {
		json_open(NULL, '{');
		json_bytes("key", m->key, m->info.key_size);
		if (!map_is_percpu(m->info.type)) {
			json_bytes("value", m->value, m->info.value_size);
			json_close('}');
			return;
		}
		json_open("values", '[');
		for (cpu = 0; cpu < m->cpus; cpu++) {
			json_open(NULL, '{');
			json_number("cpu", cpu);
			json_bytes("value", m->value + cpu * m->stride, m->info.value_size);
			json_close('}');
		}
		json_close(']');
		json_close('}');
		return;
	}
	printf("key:");
	print_bytes(m->key, m->info.key_size);
	print_number(m->key, m->info.key_size);
	for (cpu = 0; cpu < m->cpus; cpu++) {
		if (map_is_percpu(m->info.type))
			printf("\n  value (CPU %02d):", cpu);
		else
			printf("  value:");
		print_bytes(m->value + cpu * m->stride, m->info.value_size);
		print_number(m->value + cpu * m->stride, m->info.value_size);
	}
	putchar('\n');
}

static int dump(struct map *m)
{
	uint8_t *key = NULL;
	int ret, nr = 0;

	if (out_json)
		json_open(NULL, '[');
	while (!(ret = minibpf_get_next_key(m->fd, key, m->key))) {
		key = m->key;
		ret = minibpf_lookup_elem(m->fd, m->key, m->value);
		if (ret == -ENOENT)
			continue;	/* an empty slot, or it went */
		if (ret)
			break;
		print_element(m);
		nr++;
	}
	if (out_json) {
		json_close(']');
		json_finish();
	} else {
		printf("Found %d element%s\n", nr, nr == 1 ? "" : "s");
	}
	return ret == -ENOENT ? 0 : fail(ret, "cannot read the map");
}

static int do_dump(struct args *args)
{
	struct map m;
	int ret;

	if (open_map(args, &m))
		return 1;
	ret = args_end(args) || dump(&m);
	close_map(&m);
	return ret;
}

static int take_key(struct args *args, struct map *m, const char *const *stops)
{
	if (!args_take(args, "key"))
		return usage_error("'key DATA' is missing");
	return args_data(args, "key", stops, m->key, m->info.key_size);
}

static int do_lookup(struct args *args)
{
	struct map m;
	int ret;

	if (open_map(args, &m))
		return 1;
	ret = take_key(args, &m, no_stop) || args_end(args);
	if (!ret) {
		ret = minibpf_lookup_elem(m.fd, m.key, m.value);
		if (ret) {
			ret = fail(ret, "no such key");
		} else {
			print_element(&m);
			if (out_json)
				json_finish();
		}
	}
	close_map(&m);
	return ret;
}

static int take_value(struct args *args, struct map *m)
{
	int cpu, fd;

	if (!args_take(args, "value"))
		return usage_error("'value DATA' is missing");
	if (m->info.type == MINIBPF_MAP_TYPE_PROG_ARRAY) {
		fd = args_object(args, MINIBPF_PROG);
		memcpy(m->value, &fd, sizeof(fd));
		return fd < 0;
	}
	if (args_data(args, "value", flag_stop, m->value, m->info.value_size))
		return 1;
	for (cpu = 1; cpu < m->cpus; cpu++)
		memcpy(m->value + cpu * m->stride, m->value, m->info.value_size);
	return 0;
}

static uint64_t take_flags(struct args *args)
{
	if (args_take(args, "noexist"))
		return MINIBPF_NOEXIST;
	if (args_take(args, "exist"))
		return MINIBPF_EXIST;
	args_take(args, "any");
	return MINIBPF_ANY;
}

static int do_update(struct args *args)
{
	uint64_t flags;
	struct map m;
	int ret;

	if (open_map(args, &m))
		return 1;
	ret = take_key(args, &m, value_stop) || take_value(args, &m);
	if (!ret) {
		flags = take_flags(args);
		ret = args_end(args);
		if (!ret) {
			ret = minibpf_update_elem(m.fd, m.key, m.value, flags);
			if (ret)
				ret = fail(ret, "cannot update the map");
		}
	}
	close_map(&m);
	return ret;
}

static int do_delete(struct args *args)
{
	struct map m;
	int ret;

	if (open_map(args, &m))
		return 1;
	ret = take_key(args, &m, no_stop) || args_end(args);
	if (!ret) {
		ret = minibpf_delete_elem(m.fd, m.key);
		if (ret)
			ret = fail(ret, "cannot delete the element");
	}
	close_map(&m);
	return ret;
}

static int next_key(struct map *m, bool from_key)
{
	uint8_t *next = calloc(1, m->info.key_size + 1);
	int ret;

	if (!next)
		return fail(-ENOMEM, "key");
	ret = minibpf_get_next_key(m->fd, from_key ? m->key : NULL, next);
	if (ret) {
		ret = fail(ret, "there is no further key");
	} else if (out_json) {
		json_open(NULL, '{');
		if (from_key)
			json_bytes("key", m->key, m->info.key_size);
		json_bytes("next_key", next, m->info.key_size);
		json_close('}');
		json_finish();
	} else {
		printf("next key:");
		print_bytes(next, m->info.key_size);
		print_number(next, m->info.key_size);
		putchar('\n');
	}
	free(next);
	return ret;
}

static int do_getnext(struct args *args)
{
	bool from_key;
	struct map m;
	int ret;

	if (open_map(args, &m))
		return 1;
	from_key = args->nr;
	ret = (from_key && take_key(args, &m, no_stop)) || args_end(args) ||
	      next_key(&m, from_key);
	close_map(&m);
	return ret;
}

static int do_pin(struct args *args)
{
	return object_pin(args, MINIBPF_MAP);
}

static int do_freeze(struct args *args)
{
	return object_call(args, MINIBPF_MAP, minibpf_map_freeze, "cannot freeze the map");
}

const struct command map_commands[] = {
	{ "show", do_show, "[MAP]" },
	{ "list", do_show, "[MAP]" },
	{ "create", do_create,
	  "PIN type TYPE key SIZE value SIZE entries N [name NAME] [flags N]" },
	{ "dump", do_dump, "MAP" },
	{ "lookup", do_lookup, "MAP key DATA" },
	{ "update", do_update, "MAP key DATA value DATA|PROG [any|noexist|exist]" },
	{ "delete", do_delete, "MAP key DATA" },
	{ "getnext", do_getnext, "MAP [key DATA]" },
	{ "pin", do_pin, "MAP NAME" },
	{ "freeze", do_freeze, "MAP" },
	{ 0 }
};
