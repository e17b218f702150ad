using System.Runtime.CompilerServices;

// The lexer, parser and binder are tested at their own level, so that a fault is found where it is.
[assembly: InternalsVisibleTo("EcStreamOrleans.Protocol.Tests")]
