Console.WriteLine("opsen");
