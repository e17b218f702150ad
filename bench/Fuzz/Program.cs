using System.Globalization;
using EcStreamOrleans.Fuzz;

IFuzzTarget[] targets = [new ConfigTarget(), new StreamTarget(), new ReplyTarget(), new ProxyTarget()];
const string Usage = """
    dotnet run -c Release --project bench/Fuzz -- --target config|streams|replies|proxy [--seconds N] [--seed S] [--failures DIR]
    dotnet run -c Release --project bench/Fuzz -- --target config|streams|replies|proxy --replay FILE
    """;

var options = new Dictionary<string, string>(StringComparer.Ordinal)
{
    ["--seconds"] = "60",
    ["--seed"] = new Random().Next().ToString(CultureInfo.InvariantCulture),
    ["--failures"] = "fuzz-failures",
};
for (var i = 0; i + 1 < args.Length; i += 2)
{
    options[args[i]] = args[i + 1];
}

var target = Array.Find(targets, t => t.Name == options.GetValueOrDefault("--target"));
if (target is null
    || args.Length % 2 != 0
    || !int.TryParse(options["--seconds"], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
    || !int.TryParse(options["--seed"], NumberStyles.None, CultureInfo.InvariantCulture, out var seed))
{
    await Console.Error.WriteLineAsync(Usage);
    return 2;
}

if (options.TryGetValue("--replay", out var file))
{
    var reason = FuzzRun.Try(target, await File.ReadAllBytesAsync(file));
    Console.WriteLine(reason ?? "nothing is wrong");
    return reason is null ? 0 : 1;
}

Console.WriteLine($"{target.Name}: seed {seed}, {seconds} s");
var result = FuzzRun.Run(target, seed, TimeSpan.FromSeconds(seconds), options["--failures"], TimeProvider.System);
Console.WriteLine($"{target.Name}: {result.Inputs} inputs; {result.Failure ?? "nothing is wrong"}");
return result.Failure is null ? 0 : 1;
