/* SPDX-License-Identifier: GPL-2.0-only */
/* Pins, seen from outside of their commands. */
#ifndef MBPF_PIN_H
#define MBPF_PIN_H

struct seq_file;

/* One line "pin:\tKIND ID NAME" for each pin; back slashes and newlines as octal. */
void mbpf_pin_show(struct seq_file *seq);

#endif /* MBPF_PIN_H */
