/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of pins as paths, from the root and working folder of the current process and with its
 * rights, for the file system of pins.
 */
#ifndef MBPF_PIN_PATH_H
#define MBPF_PIN_PATH_H

struct mbpf_object;

/**
 * mbpf_pin_path_leads_in - whether a path leads into a file system of pins
 * @name: not empty, shorter than PATH_MAX
 *
 * It does if the last thing on it that can be found is in one: what is wrong behind that is an
 * error of the path, not a name that is none.
 *
 * Return: 1, 0, or -ENOMEM.
 */
int mbpf_pin_path_leads_in(const char *name);

/**
 * mbpf_pin_path_add - pin an object at a path which leads in
 * @name: the path
 * @obj: the caller is a user of it, which the pin takes over on success
 *
 * Return: 0 or what creating a file there fails with: -EEXIST, -ENOENT, -EACCES, -EPERM (a dot
 * in its name), -EROFS, -ENAMETOOLONG, -ENOMEM.
 */
int mbpf_pin_path_add(const char *name, struct mbpf_object *obj);

/**
 * mbpf_pin_path_get - the object that is pinned at a path
 * @name: any text
 * @mode: O_RDONLY, O_WRONLY or O_RDWR, which the file must allow
 *
 * Return: the object, of which the caller is a user now; NULL if the path leads elsewhere; or
 * ERR_PTR: -ENOENT, -EACCES (also for what is no pin), and so on.
 */
struct mbpf_object *mbpf_pin_path_get(const char *name, int mode);

/* As unlink(2), for a path which leads in. */
int mbpf_pin_path_remove(const char *name);

#endif /* MBPF_PIN_PATH_H */
