# SPDX-License-Identifier: GPL-2.0-only
"""Executes functions of LLVM IR (text, as clang 14 writes it) on z3 bit vectors.

Only what the verifier's arithmetic needs: no loops, pointers to structs whose
fields are accessed as such. Both ways of a branch are followed and their
values merged, so one execution stands for all.
"""
import re

import z3


class Pointer:
    def __init__(self, base, off):
        self.base, self.off = base, off


class Memory:
    """Objects as maps from (offset, bytes) to values."""

    def __init__(self):
        self.objects = {}
        self.fresh = 0

    def add(self, name, fields):
        self.objects[name] = dict(fields)

    def split(self, obj, at):
        """Makes no value reach across offset @at."""
        for off, size in list(obj):
            if off < at < off + size:
                value, low = obj.pop((off, size)), at - off
                obj[off, low] = z3.simplify(z3.Extract(low * 8 - 1, 0, value))
                obj[at, size - low] = z3.simplify(z3.Extract(size * 8 - 1, low * 8, value))

    def parts(self, ptr, size):
        """Keys of the values that make up these bytes; None if some were never written."""
        obj = self.objects[ptr.base]
        self.split(obj, ptr.off)
        self.split(obj, ptr.off + size)
        keys = sorted(k for k in obj if ptr.off <= k[0] < ptr.off + size)
        if not keys:
            return None
        if sum(k[1] for k in keys) != size:
            raise NotImplementedError(f"partly written: {ptr.base}+{ptr.off},{size}: {keys}")
        return keys

    def fields(self, ptr, size):
        """Places of these bytes as they are divided up now; by bytes if they are not."""
        keys = self.parts(ptr, size) if self.objects[ptr.base] else None
        return keys or [(ptr.off + i, 1) for i in range(size)]

    def load(self, ptr, size):
        keys = self.parts(ptr, size)
        if keys is None:
            self.fresh += 1
            value = z3.BitVec(f"undefined{self.fresh}", size * 8)
            self.objects[ptr.base][(ptr.off, size)] = value
            return value
        values = [self.objects[ptr.base][k] for k in reversed(keys)]
        return values[0] if len(values) == 1 else z3.Concat(*values)

    def store(self, ptr, value, cond):
        size = value.size() // 8
        if self.parts(ptr, size) is None:
            self.load(ptr, size)
        at = 0
        for key in self.parts(ptr, size):
            part = value if key[1] == size else z3.Extract(at + key[1] * 8 - 1, at, value)
            at += key[1] * 8
            old = self.objects[ptr.base][key]
            self.objects[ptr.base][key] = z3.simplify(z3.If(cond, part, old))


class Function:
    def __init__(self, args, blocks, order):
        self.args, self.blocks, self.order = args, blocks, order


def split_args(text):
    """Splits at commas outside of brackets."""
    out, depth, word = [], 0, ""
    for c in text:
        depth += c in "({[<"
        depth -= c in ")}]>"
        if c == "," and not depth:
            out.append(word.strip())
            word = ""
        else:
            word += c
    return out + [word.strip()] if word.strip() else out


class Module:
    def __init__(self, path):
        self.structs, self.functions = {}, {}
        name = None
        with open(path) as f:
            for line in f:
                line = line.split(";")[0].rstrip()
                struct = re.match(r"(%[\w.]+) = type \{(.*)\}", line)
                start = re.match(r"define .*? @([\w.]+)\((.*)\)[^()]*\{", line)
                if struct:
                    self.structs[struct[1]] = split_args(struct[2])
                elif start:
                    name, blocks, label = start[1], {}, "entry"
                    args = [a.split()[-1] for a in split_args(start[2])]
                    blocks[label] = []
                elif line == "}":
                    if name:
                        self.finish(name, args, blocks)
                    name = None
                elif name and re.match(r"[\w.]+:", line):
                    label = line.split(":")[0]
                    blocks[label] = []
                elif name and line.strip():
                    blocks[label].append(line.strip())

    def finish(self, name, args, blocks):
        # The entry block has the number after the arguments'.
        blocks = {k: self.join_switch(v) for k, v in blocks.items()}
        order, seen = [], set()

        def visit(label):
            seen.add(label)
            for target in re.findall(r"label %([\w.]+)", blocks[label][-1]):
                if target not in seen:
                    visit(target)
            order.append(label)

        visit("entry")
        self.functions[name] = Function(args, blocks, order[::-1])

    @staticmethod
    def join_switch(lines):
        out, text = [], None
        for line in lines:
            if line.startswith("switch"):
                text = line
            elif text is not None:
                text += " " + line
            else:
                out.append(line)
            if text is not None and text.endswith("]"):
                out.append(text)
                text = None
        return out

    def size(self, ty):
        ty = ty.strip()
        if re.fullmatch(r"i\d+", ty):
            return (int(ty[1:]) + 7) // 8
        if ty.endswith("*"):
            return 8
        fields = self.structs[ty]
        end = 0
        for field in fields:
            end = -(-end // self.align(field)) * self.align(field) + self.size(field)
        return -(-end // self.align(ty)) * self.align(ty)

    def align(self, ty):
        ty = ty.strip()
        if ty in self.structs:
            return max(self.align(f) for f in self.structs[ty])
        return self.size(ty)

    def offset(self, ty, indices):
        off = indices[0] * self.size(ty)
        for i in indices[1:]:
            fields = self.structs[ty.strip()]
            at = 0
            for k, field in enumerate(fields):
                at = -(-at // self.align(field)) * self.align(field)
                if k == i:
                    break
                at += self.size(field)
            off += at
            ty = fields[i]
        return off


def bits_of(ty):
    return int(re.fullmatch(r"i(\d+)", ty)[1])


class Run:
    """One function's execution."""

    counter = 0

    def __init__(self, module, memory, hooks):
        self.module, self.memory, self.hooks = module, memory, hooks

    def value(self, ty, text):
        text = text.strip()
        if text in self.env:
            return self.env[text]
        if text in ("true", "false"):
            return z3.BitVecVal(int(text == "true"), 1)
        if text in ("poison", "undef"):
            if ty.startswith("{"):
                return [z3.BitVecVal(0, bits_of(t)) for t in split_args(ty[1:-1])]
            return z3.BitVecVal(0, bits_of(ty))
        return z3.BitVecVal(int(text), bits_of(ty))

    def typed(self, text):
        """The value of "type attributes operand"."""
        words = text.split()
        if text.startswith("{"):
            ty = text[:text.index("}") + 1]
            return self.value(ty, text[len(ty):].split()[-1])
        return self.value(words[0], words[-1])

    def call(self, name, args, cond=None):
        function = self.module.functions[name]
        self.env = dict(zip(function.args, args))
        top = z3.BoolVal(True) if cond is None else cond
        conds, self.edges, result = {"entry": top}, {}, None
        entry_number = str(len(function.args))
        self.number = {label: n for n, label in enumerate(function.order)}
        for label in function.order:
            if label != "entry":
                into = [c for (_, to), c in self.edges.items() if to == label]
                conds[label] = z3.simplify(z3.Or(*into))
            if z3.is_false(conds[label]):
                continue
            self.block, self.label = label, entry_number if label == "entry" else label
            self.cond = conds[label]
            for line in function.blocks[label]:
                ret = self.execute(line)
                if ret is not None:
                    result = ret if result is None else self.merge(self.cond, ret, result)
        return result

    @staticmethod
    def merge(cond, a, b):
        if isinstance(a, list):
            return [z3.If(cond, x, y) for x, y in zip(a, b)]
        return z3.If(cond, a, b)

    def edge(self, target, cond):
        if self.number[target] <= self.number[self.block]:
            raise NotImplementedError(f"a loop: {self.block} to {target}")
        key = (self.label, target)
        old = self.edges.get(key)
        cond = z3.simplify(z3.And(self.cond, cond))
        self.edges[key] = cond if old is None else z3.Or(old, cond)

    def execute(self, line):
        line = re.sub(r", ![\w.]+ ![\w.]+|, !\w+ !\d+| #\d+", "", line)
        line = re.sub(r", align \d+|, !range !\d+|, !tbaa !\d+|, !tbaa.struct !\d+", "", line)
        assign = re.match(r"(%[\w.]+) = (.*)", line)
        dst, text = (assign[1], assign[2]) if assign else (None, line)
        text = re.sub(r"^(tail|musttail|notail) call", "call", text)
        op = text.split()[0]
        rest = text[len(op):].strip()
        method = getattr(self, "do_" + op, None)
        if method:
            result = method(rest)
        elif op in BINARY:
            result = self.binary(op, rest)
        else:
            raise NotImplementedError(line)
        if dst:
            self.env[dst] = z3.simplify(result) if z3.is_expr(result) else result
            return None
        return result if op == "ret" else None

    def binary(self, op, rest):
        rest = re.sub(r"^(nuw |nsw |exact |inbounds )+", "", rest)
        ty, operands = rest.split(None, 1)
        a, b = (self.value(ty, x) for x in split_args(operands))
        return BINARY[op](a, b)

    def do_ret(self, rest):
        return None if rest == "void" else self.typed(rest)

    def do_br(self, rest):
        labels = re.findall(r"label %([\w.]+)", rest)
        if len(labels) == 1:
            self.edge(labels[0], z3.BoolVal(True))
        else:
            cond = self.typed(split_args(rest)[0]) == 1
            self.edge(labels[0], cond)
            self.edge(labels[1], z3.Not(cond))

    def do_switch(self, rest):
        head, cases = rest.split("[", 1)
        what, default = split_args(head)
        value, others = self.typed(what), []
        for ty, number, label in re.findall(r"(i\d+) (-?\d+), label %([\w.]+)", cases):
            cond = value == z3.BitVecVal(int(number), bits_of(ty))
            self.edge(label, cond)
            others.append(z3.Not(cond))
        self.edge(default.split("%")[-1].strip(), z3.And(*others))

    def do_unreachable(self, rest):
        pass

    def do_phi(self, rest):
        ty, pairs = re.match(r"(\{[^}]*\}|\S+) (.*)", rest).groups()
        result = None
        for value, label in re.findall(r"\[ (.*?), %([\w.]+) \]", pairs):
            cond = self.edges.get((label, self.block))
            if cond is None or z3.is_false(cond):
                continue
            value = self.value(ty, value)
            result = value if result is None else self.merge(cond, value, result)
        return result

    def do_select(self, rest):
        cond, a, b = split_args(rest)
        return z3.If(self.typed(cond) == 1, self.typed(a), self.typed(b))

    def do_icmp(self, rest):
        pred, ty, operands = rest.split(None, 2)
        a, b = (self.value(ty, x) for x in split_args(operands))
        return z3.If(COMPARE[pred](a, b), z3.BitVecVal(1, 1), z3.BitVecVal(0, 1))

    def cast(self, rest):
        what, to = rest.split(" to ")
        return self.typed(what), bits_of(to.strip())

    def do_zext(self, rest):
        value, bits = self.cast(rest)
        return z3.ZeroExt(bits - value.size(), value)

    def do_sext(self, rest):
        value, bits = self.cast(rest)
        return z3.SignExt(bits - value.size(), value)

    def do_trunc(self, rest):
        value, bits = self.cast(rest)
        return z3.Extract(bits - 1, 0, value)

    def do_freeze(self, rest):
        return self.typed(rest)

    def do_bitcast(self, rest):
        return self.env[rest.split(" to ")[0].split()[-1]]

    def do_alloca(self, rest):
        Run.counter += 1
        name = f"local{Run.counter}"
        self.memory.add(name, {})
        return Pointer(name, 0)

    def do_getelementptr(self, rest):
        parts = split_args(re.sub(r"^inbounds ", "", rest))
        ptr = self.env[parts[1].split()[-1]]
        return Pointer(ptr.base, ptr.off + self.module.offset(
            parts[0], [int(p.split()[-1]) for p in parts[2:]]))

    def do_load(self, rest):
        ty, ptr = split_args(rest)[:2]
        value = self.memory.load(self.env[ptr.split()[-1]], self.module.size(ty))
        # A number of 4 bits takes a byte.
        return value if value.size() == bits_of(ty) else z3.Extract(bits_of(ty) - 1, 0, value)

    def do_store(self, rest):
        value, ptr = split_args(rest)[:2]
        value = self.typed(value)
        if value.size() % 8:
            value = z3.ZeroExt(-value.size() % 8, value)
        self.memory.store(self.env[ptr.split()[-1]], value, self.cond)

    def do_insertvalue(self, rest):
        agg, value, index = split_args(rest)
        out = list(self.typed(agg))
        out[int(index)] = self.typed(value)
        return out

    def do_extractvalue(self, rest):
        agg, index = split_args(rest)
        return self.typed(agg)[int(index)]

    def do_call(self, rest):
        name, args = re.match(r".*?@([\w.]+)\((.*)\)", rest).groups()
        args = split_args(args)
        if name.startswith(("llvm.lifetime", "llvm.assume", "llvm.experimental")):
            return None
        if name.startswith(("llvm.memcpy", "llvm.memset")):
            return self.block_move(name, args)
        values = [self.env[a.split()[-1]] if a.split()[-1] in self.env else self.typed(a)
                  for a in args]
        if name in self.hooks:
            return self.hooks[name](values)
        if name.startswith("llvm."):
            return intrinsic(name, values)
        return Run(self.module, self.memory, self.hooks).call(name, values, self.cond)

    def block_move(self, name, args):
        to, size = self.env[args[0].split()[-1]], int(args[2].split()[-1])
        if name.startswith("llvm.memset"):
            byte = self.typed(args[1])
            for off, n in self.memory.fields(to, size):
                value = byte if n == 1 else z3.Concat(*[byte] * n)
                self.memory.store(Pointer(to.base, off), value, self.cond)
            return
        ptr = self.env[args[1].split()[-1]]
        keys = [k for k in self.memory.objects[ptr.base]
                if ptr.off <= k[0] < ptr.off + size]
        for off, n in sorted(keys):
            value = self.memory.load(Pointer(ptr.base, off), n)
            self.memory.store(Pointer(to.base, to.off + off - ptr.off), value, self.cond)


def intrinsic(name, v):
    kind = name.split(".")[1]
    if kind == "umax":
        return z3.If(z3.UGE(v[0], v[1]), v[0], v[1])
    if kind == "umin":
        return z3.If(z3.ULE(v[0], v[1]), v[0], v[1])
    if kind == "smax":
        return z3.If(v[0] >= v[1], v[0], v[1])
    if kind == "smin":
        return z3.If(v[0] <= v[1], v[0], v[1])
    if kind == "abs":
        return z3.If(v[0] < 0, -v[0], v[0])
    if kind == "ctlz":
        bits = v[0].size()
        result = z3.BitVecVal(bits, bits)
        for i in range(bits):
            result = z3.If(z3.Extract(i, i, v[0]) == 1, z3.BitVecVal(bits - 1 - i, bits), result)
        return result
    if kind == "ctpop":
        # Only ever compared with 1: what matters is none, one or more.
        bits = v[0].size()
        return z3.If(v[0] == 0, z3.BitVecVal(0, bits),
                     z3.If(v[0] & (v[0] - 1) == 0, z3.BitVecVal(1, bits), z3.BitVecVal(2, bits)))
    if kind in ("uadd", "usub", "sadd", "ssub", "umul", "smul"):
        return overflow(kind, v[0], v[1])
    raise NotImplementedError(name)


def overflow(kind, a, b):
    n = a.size()
    more = n if kind.endswith("mul") else 1
    extend = z3.ZeroExt if kind[0] == "u" else z3.SignExt
    x, y = extend(more, a), extend(more, b)
    wide = {"add": x + y, "sub": x - y, "mul": x * y}[kind[1:]]
    result = z3.Extract(n - 1, 0, wide)
    flag = z3.If(extend(more, result) == wide, z3.BitVecVal(0, 1), z3.BitVecVal(1, 1))
    return [result, flag]


BINARY = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b,
    "and": lambda a, b: a & b, "or": lambda a, b: a | b, "xor": lambda a, b: a ^ b,
    "shl": lambda a, b: a << b, "lshr": z3.LShR, "ashr": lambda a, b: a >> b,
    "udiv": z3.UDiv, "urem": z3.URem, "sdiv": lambda a, b: a / b, "srem": z3.SRem,
}

COMPARE = {
    "eq": lambda a, b: a == b, "ne": lambda a, b: a != b,
    "ult": z3.ULT, "ule": z3.ULE, "ugt": z3.UGT, "uge": z3.UGE,
    "slt": lambda a, b: a < b, "sle": lambda a, b: a <= b,
    "sgt": lambda a, b: a > b, "sge": lambda a, b: a >= b,
}
