/* SPDX-License-Identifier: GPL-2.0-only */
/* What the BPF side of sleeps tells the other. */
#ifndef EVENT_H
#define EVENT_H

/**
 * struct event - a sleep
 * @number: global data: the sum of the steps so far
 * @tgid: of who sleeps, read from its struct task_struct
 * @parent: the same of its parent, by a pointer of that struct
 * @comm: its name, from there too
 */
struct event {
	unsigned int number;
	int tgid;
	int parent;
	char comm[16];
};

#endif /* EVENT_H */
