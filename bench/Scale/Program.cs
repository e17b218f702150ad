Console.Out.Write(EcStreamOrleans.Scale.Report.Write());
