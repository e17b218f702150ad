using EcStreamOrleans.Silo;

return await SiloProgram.Instance.RunAsync(args, Console.Out, Console.Error);
