using EcStreamOrleans.Edge.Standalone;

return await EdgeProgram.Instance.RunAsync(args, Console.Out, Console.Error);
