// Numbers, text and patterns, then the calls: list, write, rename, stat, remove, the environment and a sleep.
let factorial = 1n;
for (let i = 1n; i <= 30n; i++) factorial *= i;
print(factorial, 0.1 + 0.2, JSON.stringify([..."wasi"].reverse()));
print(/(?<year>\d+)-(?<month>\d+)/u.exec("on 2026-11-22").groups.month);

const file = std.open("/w/draft", "w");
file.puts("written by the guest");
file.close();
os.rename("/w/draft", "/w/kept");
print(os.stat("/w/kept")[0].size, os.stat("/w/draft")[1] === std.Error.ENOENT);
print(os.readdir("/w")[0].filter((name) => !name.startsWith(".")).sort().join(" "));
print(std.getenv("GREETING"), scriptArgs.slice(1).join("+"), std.in.getline());

const start = Date.now();
os.sleep(30);
const slept = Date.now() - start;
print(slept >= 30 && slept < 5000);
std.exit(9);
