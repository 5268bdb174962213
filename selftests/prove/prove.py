#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Proves that the verifier's sets hold all results: for every function of tnum.c
and range*.c, for all sets and all words in them.

usage: prove.py [-l MILLIONS] [-j JOBS] [-w WIDTH,...] [NAME...]

The functions are taken from clang's output for the source files themselves
(prove.c), turned into formulas (ir.py) and given to z3, at 64 bits; where a claim
takes more than MILLIONS of z3's steps (8 are about a second), at 32, 16 and then 8, the
last without limit; products and quotients of ranges at 8 at once, as z3 decides no wider word
of these within minutes. So what is proven does not depend on the machine's load, and times
printed are of the processor. Exits with 1 if something does not hold, with 2 if something could
not be decided.
"""
import argparse
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time

import z3

import ir

HERE = os.path.dirname(os.path.abspath(__file__))
PRODUCTS = ("range mul", "range udiv", "range umod", "range sdiv", "range smod")


class Set:
    """A struct mbpf_range or mbpf_tnum in memory."""

    def __init__(self, memory, name, word, is_range):
        self.memory, self.name, self.word, self.is_range = memory, name, word, is_range
        n, h = word // 8, max(word // 16, 1)
        self.keys = {"value": (0, n), "mask": (n, n)}
        if is_range:
            self.keys.update(umin=(2 * n, n), umax=(3 * n, n), smin=(4 * n, n), smax=(5 * n, n),
                             umin32=(6 * n, h), umax32=(6 * n + h, h),
                             smin32=(6 * n + 2 * h, h), smax32=(6 * n + 3 * h, h))
        memory.add(name, {k: z3.BitVec(f"{name}.{f}", k[1] * 8) for f, k in self.keys.items()})

    def __getattr__(self, field):
        value = self.memory.load(ir.Pointer(self.name, self.keys[field][0]), self.keys[field][1])
        bits = self.word // 2 if field.endswith("32") else self.word
        return value if value.size() == bits else z3.Extract(bits - 1, 0, value)

    def pointer(self):
        return ir.Pointer(self.name, 0)

    def holds(self, x):
        """x is in the set, and the set is well formed."""
        conds = [self.value & self.mask == 0, (x ^ self.value) & ~self.mask == 0]
        if self.is_range:
            half = z3.Extract(self.word // 2 - 1, 0, x)
            conds += [z3.UGE(x, self.umin), z3.ULE(x, self.umax), x >= self.smin, x <= self.smax,
                      z3.UGE(half, self.umin32), z3.ULE(half, self.umax32),
                      half >= self.smin32, half <= self.smax32]
        return z3.And(*conds)


class Case:
    """One property at one width."""

    def __init__(self, module, word):
        self.module, self.word = module, word
        self.memory = ir.Memory()
        self.given, self.hooks = [], {}
        # Proven by itself to lose no word and to say so: "range sync".
        self.hooks["mbpf_range_sync"] = lambda v: z3.BitVecVal(1, 1)

    def set(self, name, is_range):
        return Set(self.memory, name, self.word, is_range)

    def number(self, name):
        return z3.BitVec(name, self.word)

    def const(self, n, bits=None):
        return z3.BitVecVal(n, bits or self.word)

    def call(self, name, *args):
        args = [a.pointer() if isinstance(a, Set) else a for a in args]
        return ir.Run(self.module, self.memory, self.hooks).call(name, args)


def division(x, y, quotient):
    return z3.If(y == 0, z3.BitVecVal(0, x.size()), quotient)


def shift_count(c, y, half):
    return y & c.const((c.word // 2 if half else c.word) - 1)


RESULTS = {
    "add": lambda c, x, y: x + y,
    "sub": lambda c, x, y: x - y,
    "mul": lambda c, x, y: x * y,
    "udiv": lambda c, x, y: division(x, y, z3.UDiv(x, y)),
    "umod": lambda c, x, y: z3.If(y == 0, x, z3.URem(x, y)),
    # The smallest number by minus one: z3 wraps around, as it must be.
    "sdiv": lambda c, x, y: division(x, y, x / y),
    "smod": lambda c, x, y: z3.If(y == 0, x, z3.SRem(x, y)),
    "and": lambda c, x, y: x & y,
    "or": lambda c, x, y: x | y,
    "xor": lambda c, x, y: x ^ y,
    "lsh": lambda c, x, y: x << shift_count(c, y, False),
    "rsh": lambda c, x, y: z3.LShR(x, shift_count(c, y, False)),
    "arsh": lambda c, x, y: x >> shift_count(c, y, False),
    "lsh_half": lambda c, x, y: x << shift_count(c, y, True),
    "rsh_half": lambda c, x, y: z3.LShR(x, shift_count(c, y, True)),
    "arsh_half": lambda c, x, y: x >> shift_count(c, y, True),
}

RELATIONS = {
    "eq": lambda x, y: x == y, "ne": lambda x, y: x != y,
    "ult": z3.ULT, "ule": z3.ULE, "ugt": z3.UGT, "uge": z3.UGE,
    "slt": lambda x, y: x < y, "sle": lambda x, y: x <= y,
    "sgt": lambda x, y: x > y, "sge": lambda x, y: x >= y,
    "set": lambda x, y: x & y != 0, "clear": lambda x, y: x & y == 0,
}


def binary(name, is_range):
    """x in a, y in b: x OP y is in the result."""
    def prove(c):
        a, b = c.set("a", is_range), c.set("b", is_range)
        x, y = c.number("x"), c.number("y")
        c.given += [a.holds(x), b.holds(y)]
        if name == "mul":
            c.hooks["mbpf_tnum_mul"] = lambda v: multiplied(c, v, x, y)
        c.call(f"prove_{'range' if is_range else 'tnum'}_{name}", a, b)
        return a.holds(RESULTS[name](c, x, y))
    return prove


def multiplied(c, v, x, y):
    """mbpf_tnum_mul() has a loop; "tnum mul, one step" is what is known of it."""
    value, mask = c.number("mul.value"), c.number("mul.mask")
    product = x * y
    c.given += [value & mask == 0, (product ^ value) & ~mask == 0]
    # Two narrow words are returned in one register.
    return [value, mask] if c.word == 64 else z3.Concat(mask, value)


def tnum_shift(name, op):
    def prove(c):
        a, x, n = c.set("a", False), c.number("x"), z3.BitVec("n", c.word // 2)
        c.given += [a.holds(x), z3.ULT(n, c.word)]
        c.call(f"prove_tnum_{name}", a, n)
        return a.holds(op(x, z3.ZeroExt(c.word - n.size(), n)))
    return prove


def tnum_mul_step(c):
    """Before and after each step: the sum and the product left make the result."""
    total, a, b = c.set("sum", False), c.set("a", False), c.set("b", False)
    s, x, y = c.number("s"), c.number("x"), c.number("y")
    c.given += [total.holds(s), a.holds(x), b.holds(y)]
    c.call("prove_tnum_mul_step", total, a, b)
    one = z3.If(x & 1 == 1, y, c.const(0))
    return z3.And(total.holds(s + one), a.holds(z3.LShR(x, 1)), b.holds(y << 1))


def tnum_range(c):
    a, low, high, x = c.set("a", False), c.number("low"), c.number("high"), c.number("x")
    c.given += [z3.ULE(low, x), z3.ULE(x, high)]
    c.call("prove_tnum_range", a, low, high)
    return a.holds(x)


def meet(kind, is_range):
    """What is in both is in the result, which is then not empty."""
    def prove(c):
        a, b, x = c.set("a", is_range), c.set("b", is_range), c.number("x")
        c.given += [a.holds(x), b.holds(x)]
        some = c.call(f"prove_{kind}_meet", a, b)
        return z3.And(some == 1, a.holds(x))
    return prove


def join(kind, is_range):
    """What is in one or the other, both well formed, is in the result."""
    def prove(c):
        a, b, x, y = c.set("a", is_range), c.set("b", is_range), c.number("x"), c.number("y")
        c.given += [a.holds(x), b.holds(y)]
        c.call(f"prove_{kind}_join", a, b)
        return z3.And(a.holds(x), a.holds(y))
    return prove


LEARN = ("learn_from_bits", "learn_sign", "learn_half", "learn_word", "learn_bits", "has_order")


def learn(name):
    """Each step keeps every word, and does not take the set for empty."""
    def prove(c):
        a, x = c.set("a", True), c.number("x")
        c.given += [a.holds(x)]
        some = c.call("prove_" + name, a)
        return z3.And(some == 1, a.holds(x)) if some is not None else a.holds(x)
    return prove


def sync(c):
    """The steps in a row."""
    a, x = c.set("a", True), c.number("x")
    c.given += [a.holds(x)]
    c.hooks = {name: lambda v: z3.BitVecVal(1, 1) for name in LEARN}
    some = c.call("prove_range_sync", a)
    return z3.And(some == 1, a.holds(x))


def subset(c):
    """If b is said to be in a, then it is."""
    a, b, x = c.set("a", True), c.set("b", True), c.number("x")
    yes = c.call("prove_range_subset", b, a)
    c.given += [a.value & a.mask == 0, b.holds(x), yes == 1]
    return a.holds(x)


def cast(name, part, extend):
    def prove(c):
        a, x = c.set("a", True), c.number("x")
        bits = c.word // part
        c.given += [a.holds(x)]
        c.call(name, a)
        return a.holds(extend(c.word - bits, z3.Extract(bits - 1, 0, x)))
    return prove


def assume(name, half):
    """Words that are so related stay in both sides."""
    def prove(c):
        a, b, x, y = c.set("a", True), c.set("b", True), c.number("x"), c.number("y")
        low = (lambda v: z3.Extract(c.word // 2 - 1, 0, v)) if half else (lambda v: v)
        c.given += [a.holds(x), b.holds(y), RELATIONS[name](low(x), low(y))]
        some = c.call(f"prove_assume_{name}{'_half' if half else ''}", a, b)
        return z3.And(some == 1, a.holds(x), b.holds(y))
    return prove


def properties():
    out = {}
    for name in ("add", "sub", "and", "or", "xor"):
        out[f"tnum {name}"] = binary(name, False)
    out["tnum mul, one step"] = tnum_mul_step
    out["tnum lsh"] = tnum_shift("lsh", lambda x, n: x << n)
    out["tnum rsh"] = tnum_shift("rsh", z3.LShR)
    out["tnum arsh"] = tnum_shift("arsh", lambda x, n: x >> n)
    out["tnum range"] = tnum_range
    out["tnum meet"] = meet("tnum", False)
    out["tnum join"] = join("tnum", False)
    for name in LEARN:
        out["sync: " + name] = learn(name)
    out["range sync"] = sync
    out["range meet"] = meet("range", True)
    out["range join"] = join("range", True)
    out["range subset"] = subset
    for name in RESULTS:
        out[f"range {name}"] = binary(name, True)
    for part, text in ((2, "half"), (4, "quarter"), (8, "eighth")):
        out[f"range zext {text}"] = cast(f"prove_zext_{text}", part, z3.ZeroExt)
        out[f"range sext {text}"] = cast(f"prove_sext_{text}", part, z3.SignExt)
    for name in RELATIONS:
        out[f"assume {name}"] = assume(name, False)
        out[f"assume {name}, half"] = assume(name, True)
    return out


def compile_ir(folder, word):
    """The unit as LLVM's instructions, without pointers that depend on the way here."""
    path = os.path.join(folder, f"prove{word}.ll")
    subprocess.run(["clang", "-target", "x86_64-linux-gnu", "-O2", "-fno-vectorize",
                    "-fno-slp-vectorize", "-mllvm", "-simplifycfg-sink-common=false",
                    "-Wno-everything", f"-DWORD={word}", "-S", "-emit-llvm",
                    "-I" + os.path.join(HERE, "../../module/core"), "-o", path,
                    os.path.join(HERE, "prove.c")], check=True)
    return path


def parts(claim):
    """The conjuncts, which are easier one by one."""
    if z3.is_and(claim):
        return [p for child in claim.children() for p in parts(child)]
    return [claim]


def decide(job):
    """Tries a property at falling widths: (name, verdict, word, seconds, text)."""
    name, paths, millions = job
    spent = 0
    for word, path in paths:
        start = time.process_time()
        case = Case(ir.Module(path), word)
        claim = properties()[name](case)
        verdict = z3.unsat
        for part in parts(claim):
            solver = z3.SolverFor("QF_BV")
            if word != paths[-1][0]:
                solver.set("rlimit", millions * 1000000)
            solver.add(*case.given)
            solver.add(z3.Not(part))
            verdict = solver.check()
            if verdict != z3.unsat:
                break
        spent += time.process_time() - start
        if verdict == z3.unsat:
            return name, "holds", word, spent, ""
        if verdict == z3.sat:
            return name, "FAILS", word, spent, str(solver.model())
    return name, "undecided", word, spent, ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-l", type=int, default=300, metavar="MILLIONS")
    parser.add_argument("-j", type=int, default=2, metavar="JOBS")
    parser.add_argument("-w", metavar="WIDTHS")
    parser.add_argument("name", nargs="*")
    args = parser.parse_args()
    names = [n for n in properties() if not args.name or n in args.name]
    bad = undecided = 0
    with tempfile.TemporaryDirectory() as folder:
        words = map(int, (args.w or "64,32,16,8").split(","))
        paths = [(word, compile_ir(folder, word)) for word in words]
        print(f"{'function':<24} {'result':<10} width  method         time")
        with multiprocessing.Pool(args.j) as pool:
            jobs = [(name, paths[-1:] if name in PRODUCTS and not args.w else paths, args.l)
                    for name in names]
            for name, verdict, word, spent, text in pool.imap(decide, jobs):
                print(f"{name:<24} {verdict:<10} {word:>3}    z3, all sets {spent:6.1f} s",
                      flush=True)
                if text:
                    print(text)
                bad += verdict == "FAILS"
                undecided += verdict == "undecided"
    print(f"{len(names)} functions, {bad} wrong, {undecided} undecided")
    sys.exit(1 if bad else 2 if undecided else 0)


if __name__ == "__main__":
    main()
